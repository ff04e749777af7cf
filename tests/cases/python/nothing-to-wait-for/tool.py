import asyncio


async def run(input):
    await asyncio.Future()
