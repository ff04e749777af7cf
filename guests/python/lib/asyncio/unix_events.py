"""asyncio's loop under glass. It waits where everything waits: for requests of the world, and for moments."""

import _belljar

from . import base_events, events

__all__ = ("SelectorEventLoop", "DefaultEventLoopPolicy", "EventLoop")


class _Requests:
    """What the loop selects from: requests that were started."""

    def __init__(self, loop):
        self._loop = loop

    def select(self, timeout):
        started = self._loop.belljar_started
        if timeout == 0:
            return []
        if timeout is None and not started:
            raise RuntimeError("it waits for something that nothing will finish: no request and no timer is left")
        until = None if timeout is None else _belljar.now() + int(timeout * 1e9) + 1
        ticket = _belljar.wait(list(started), until)
        if ticket is not None:
            future = started.pop(ticket)
            # Whoever waited may have been cancelled meanwhile.
            if not future.done():
                future.set_result(None)
        return []

    def close(self):
        pass


class SelectorEventLoop(base_events.BaseEventLoop):
    def __init__(self):
        super().__init__()
        self.belljar_started = {}
        # Times are told from here, since a float holds no nanoseconds of a moment.
        self._began = _belljar.now()
        self._selector = _Requests(self)
        self._clock_resolution = 1e-6

    def time(self):
        return (_belljar.now() - self._began) / 1e9

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass

    async def shutdown_default_executor(self, timeout=None):
        # What was submitted is done: there is nothing to wait for, and no thread to wait in.
        self._executor_shutdown_called = True
        if self._default_executor is not None:
            self._default_executor.shutdown()

    def add_signal_handler(self, sig, callback, *args):
        raise RuntimeError("there are no signals")


EventLoop = SelectorEventLoop


class DefaultEventLoopPolicy(events.BaseDefaultEventLoopPolicy):
    _loop_factory = SelectorEventLoop
