from belljar import ToolError


async def run(input):
    raise ToolError("there is no such order", code="not-found")
