"""Starts a program on a terminal of its own, and kills or interrupts it when it asks something: kill.py KILL|INT PROGRAM ARGUMENTS…"""

import os
import pty
import select
import signal
import sys
import time

pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown, deadline = b"", time.monotonic() + 60
while time.monotonic() < deadline and not shown.rstrip().endswith((b"answers nothing:", b"n or x:")):
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            part = os.read(terminal, 4096)
        except OSError:
            break
        shown += part
interrupted = sys.argv[1] == "INT"
os.kill(pid, signal.SIGINT if interrupted else signal.SIGKILL)
status = os.waitpid(pid, 0)[1]
expected = os.WIFEXITED(status) and os.WEXITSTATUS(status) == 130 if interrupted else os.WIFSIGNALED(status)
if not expected:
    sys.exit(f"it ended by itself, having shown:\n{shown.decode(errors='replace')}")
