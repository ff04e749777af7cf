"""Starts a program on a terminal of its own, and kills it when it asks something: kill.py PROGRAM ARGUMENTS…"""

import os
import pty
import select
import signal
import sys
import time

pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
shown, deadline = b"", time.monotonic() + 60
while time.monotonic() < deadline and not shown.rstrip().endswith((b"answers nothing:", b"n = no:")):
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            part = os.read(terminal, 4096)
        except OSError:
            break
        shown += part
os.kill(pid, signal.SIGKILL)
status = os.waitpid(pid, 0)[1]
if not os.WIFSIGNALED(status):
    sys.exit(f"it ended by itself, having shown:\n{shown.decode(errors='replace')}")
