import asyncio
from concurrent.futures import ThreadPoolExecutor

import belljar


order = []


async def one(key):
    order.append(f"{key} begins")
    await belljar.aio.kv.set(key, key.upper())
    await asyncio.sleep(0.05)
    order.append(f"{key} has slept")
    return await belljar.aio.kv.get(key)


async def late():
    try:
        await asyncio.wait_for(asyncio.sleep(60), 0.02)
    except TimeoutError:
        return "timed out"


async def run(input):
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
        # Which of them goes on first is the host's clock's, so that only the two rounds are told.
        "order": [sorted(order[:4]), sorted(order[4:])],
        "queue": await queue.get(),
        "squares": squares,
        "thread": await asyncio.to_thread(len, "abc"),
    }
