"""Asks several servers side by side and says what each answered, in how many bytes."""

import asyncio

import belljar


async def one(url: str) -> dict:
    try:
        answer = await belljar.aio.http.get(url)
    except belljar.CapabilityDenied as error:
        return {"url": url, "refused": error.rule}
    except belljar.RequestError as error:
        return {"url": url, "failed": error.code}
    return {"url": url, "status": answer.status, "bytes": len(answer.content)}


async def run(urls: list[str]) -> list[dict]:
    """Asks several servers side by side.

    Args:
        urls: What is asked for.
    """
    return await asyncio.gather(*(one(url) for url in urls))
