"""`urllib.request` over `belljar.http`: `urlopen`, `Request` and `urlretrieve`."""

import io
import urllib.parse
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlparse, urlsplit  # noqa: F401  (found here, too)

__all__ = ["Request", "urlopen", "urlretrieve", "pathname2url", "url2pathname"]


class Request:
    """What is asked of a server."""

    def __init__(self, url, data=None, headers={}, origin_req_host=None, unverifiable=False, method=None):
        self.full_url, self.data = url, data
        self.headers = {}
        for name, value in headers.items():
            self.add_header(name, value)
        self.method = method
        parts = urllib.parse.urlsplit(url)
        if not parts.scheme:
            raise ValueError(f"unknown url type: {url!r}")
        self.type, self.host, self.selector = parts.scheme, parts.netloc, parts.path

    def add_header(self, key, val):
        self.headers[key.capitalize()] = val

    add_unredirected_header = add_header

    def has_header(self, header_name):
        return header_name.capitalize() in self.headers

    def get_header(self, header_name, default=None):
        return self.headers.get(header_name.capitalize(), default)

    def get_method(self):
        return self.method or ("GET" if self.data is None else "POST")

    def get_full_url(self):
        return self.full_url

    def header_items(self):
        return list(self.headers.items())


class _Answer(io.BytesIO):
    """A response that is read like a file."""

    def __init__(self, response):
        super().__init__(response.content)
        import email.message
        import http

        self.status = self.code = response.status
        self.url = response.url
        self.headers = self.msg = email.message.Message()
        for name, value in response.headers.items():
            self.headers[name] = value
        try:
            self.reason = http.HTTPStatus(response.status).phrase
        except ValueError:
            self.reason = ""

    def getcode(self):
        return self.status

    def geturl(self):
        return self.url

    def info(self):
        return self.headers

    def getheader(self, name, default=None):
        return self.headers.get(name, default)

    def getheaders(self):
        return list(self.headers.items())


def urlopen(url, data=None, timeout=None, *, context=None):
    """Opens a URL. The policy's limits are the timeout."""
    import belljar

    request = url if isinstance(url, Request) else Request(url)
    if data is not None:
        request.data = data
    if request.type not in ("http", "https"):
        raise URLError(f"unknown url type: {request.type}")
    body = request.data
    if body is not None and not isinstance(body, (bytes, bytearray)) and not hasattr(body, "read"):
        raise TypeError("POST data should be bytes: write urlencode(…).encode()")
    headers = dict(request.headers)
    if body is not None and not request.has_header("Content-type"):
        headers["Content-type"] = "application/x-www-form-urlencoded"
    try:
        response = belljar.http.request(request.get_method(), request.full_url, headers=headers, data=body)
    except belljar.RequestError as error:
        raise URLError(str(error)) from error
    answer = _Answer(response)
    if response.status >= 400:
        raise HTTPError(request.full_url, response.status, answer.reason, answer.headers, answer)
    return answer


def urlretrieve(url, filename, reporthook=None, data=None):
    """Copies what a URL gives to a file."""
    answer = urlopen(url, data)
    with open(filename, "wb") as file:
        file.write(answer.read())
    return filename, answer.headers


def pathname2url(path):
    return quote(path)


def url2pathname(path):
    return unquote(path)


def __getattr__(name):
    raise AttributeError(f"urllib.request has no {name} here: it has {', '.join(__all__)}; belljar.http has the rest")
