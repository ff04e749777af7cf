import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import belljar


async def one(key):
    await belljar.aio.kv.set(key, key.upper())
    await asyncio.sleep(0.05)
    return await belljar.aio.kv.get(key)


async def late():
    try:
        await asyncio.wait_for(asyncio.sleep(60), 0.02)
    except TimeoutError:
        return "timed out"


async def run(input):
    began = time.time()
    async with asyncio.TaskGroup() as group:
        waits = group.create_task(late())
    found = await asyncio.gather(*(one(key) for key in "abcd"))
    queue = asyncio.Queue()
    await queue.put(1)
    with ThreadPoolExecutor(4) as pool:
        squares = list(pool.map(lambda x: x * x, range(4)))
    return {
        "found": found,
        "late": waits.result(),
        "side by side": time.time() - began < 0.2,
        "queue": await queue.get(),
        "squares": squares,
        "thread": await asyncio.to_thread(len, "abc"),
    }
