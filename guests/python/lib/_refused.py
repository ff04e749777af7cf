"""Modules that cannot exist here: importing one is an error that names the way out."""

HTTP = "use belljar.http, or the modules requests and urllib.request"
ONE_THREAD = "there is one thread: call the function itself; requests run side by side with asyncio and belljar.aio"
NO_PROGRAMS = "no programs can be started: call another tool with belljar.tools.call"
PURE = "only modules in Python run here: write the code into the tool"

REFUSED = {
    "socket": HTTP, "ssl": HTTP, "_socket": HTTP, "http.client": HTTP, "http.server": "a tool answers one call and serves nothing",
    "http.cookiejar": HTTP, "socketserver": "a tool answers one call and serves nothing", "httpx": HTTP, "aiohttp": HTTP, "urllib3": HTTP,
    "ftplib": HTTP, "smtplib": "no mail can be sent; a server's own HTTP interface may do it", "imaplib": HTTP, "poplib": HTTP, "telnetlib": HTTP,
    "subprocess": NO_PROGRAMS, "multiprocessing": ONE_THREAD, "pty": NO_PROGRAMS,
    "ctypes": PURE, "cffi": PURE, "numpy": f"{PURE}, with lists, math and statistics", "pandas": f"{PURE}, with csv, dictionaries and statistics",
    "scipy": PURE, "sklearn": PURE, "torch": PURE, "matplotlib": "write SVG as text, and hand it in with belljar.artifact",
    "PIL": PURE, "pydantic": "use dataclasses or typing.TypedDict", "bs4": "use html.parser", "lxml": "use xml.etree.ElementTree or html.parser",
    "yaml": "use json or tomllib", "sqlite3": "use belljar.kv, or files in JSON", "bz2": "use zlib or gzip", "lzma": "use zlib or gzip",
    "tkinter": "there is no screen: hand in HTML or SVG with belljar.artifact", "curses": "there is no terminal", "readline": "there is no terminal",
    "getpass": "use belljar.ask", "dbm": "use belljar.kv", "shelve": "use belljar.kv", "venv": PURE, "pip": PURE, "pdb": "print, or belljar replay",
    "fcntl": "there is one tool at a time", "mmap": "read the file", "resource": "the policy has the limits", "webbrowser": "hand in HTML with belljar.artifact",
    "dateutil": "use datetime and zoneinfo", "pytz": "use zoneinfo",
}


class Finder:
    """Stands first: it refuses, and finds nothing."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        way = REFUSED.get(name)
        if way is not None:
            raise ModuleNotFoundError(f"there is no module {name} in a tool: {way}", name=name)
        return None
