"""The shape of the package `requests`, over `belljar.http`."""

import base64
import types

import belljar

__version__ = "2.32.0"


class RequestException(IOError):
    """A request came to nothing."""

    def __init__(self, *args, request=None, response=None):
        super().__init__(*args)
        self.request, self.response = request, response


class HTTPError(RequestException):
    """The server answered that it failed."""


class ConnectionError(RequestException):
    """There is no answer."""


class Timeout(RequestException):
    """There is no answer in time."""


class TooManyRedirects(RequestException):
    """Never raised: the answer is a ConnectionError."""


class JSONDecodeError(RequestException, ValueError):
    """The answer is no JSON."""


ReadTimeout = ConnectTimeout = Timeout
exceptions = types.SimpleNamespace(
    RequestException=RequestException, HTTPError=HTTPError, ConnectionError=ConnectionError, Timeout=Timeout, ReadTimeout=Timeout,
    ConnectTimeout=Timeout, TooManyRedirects=TooManyRedirects, JSONDecodeError=JSONDecodeError,
)


class Response(belljar.Response):
    """What a server answered."""

    def __init__(self, other):
        self.status, self.url, self.headers, self.content = other.status, other.url, other.headers, other.content
        self.history, self.cookies = [], {}

    @property
    def reason(self):
        import http

        try:
            return http.HTTPStatus(self.status).phrase
        except ValueError:
            return ""

    @property
    def apparent_encoding(self):
        return self.encoding

    def json(self, **options):
        import json

        try:
            return json.loads(self.content, **options)
        except ValueError as error:
            raise JSONDecodeError(str(error), response=self) from None

    def raise_for_status(self):
        if not self.ok:
            kind = "Client" if self.status < 500 else "Server"
            raise HTTPError(f"{self.status} {kind} Error: {self.reason} for url: {self.url}", response=self)

    def iter_lines(self, decode_unicode=False):
        yield from (self.text if decode_unicode else self.content).splitlines()

    def iter_content(self, chunk_size=1):
        for at in range(0, len(self.content), chunk_size or len(self.content) or 1):
            yield self.content[at : at + chunk_size] if chunk_size else self.content

    def close(self):
        pass

    def __bool__(self):
        return self.ok

    def __enter__(self):
        return self

    def __exit__(self, *args):
        pass


class Session:
    """Headers and parameters that several requests share."""

    def __init__(self):
        self.headers, self.params, self.auth = {}, {}, None

    def request(
        self, method, url, params=None, data=None, headers=None, cookies=None, files=None, auth=None, timeout=None,
        allow_redirects=True, proxies=None, stream=False, verify=None, cert=None, json=None,
    ):
        if files is not None:
            raise NotImplementedError("forms with files are not made here: build the body, and give it as data")
        fields = {**self.headers, **(headers or {})}
        auth = auth or self.auth
        if auth is not None:
            fields["Authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        if cookies:
            fields["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        if isinstance(params, (str, bytes)) or not self.params:
            asked = params.decode() if isinstance(params, bytes) else params
        else:
            asked = {**self.params, **dict(params or {})}
        if isinstance(asked, dict):
            asked = {name: value for name, value in asked.items() if value is not None}
        try:
            answer = belljar.http.request(
                method, url, params=asked, headers=fields, json=json, data=data, redirect="follow" if allow_redirects else "manual"
            )
        except belljar.RequestError as error:
            raise (Timeout if error.code == "timed-out" else ConnectionError)(str(error)) from error
        return Response(answer)

    def get(self, url, **options):
        return self.request("GET", url, **options)

    def options(self, url, **options):
        return self.request("OPTIONS", url, **options)

    def head(self, url, **options):
        options.setdefault("allow_redirects", False)
        return self.request("HEAD", url, **options)

    def post(self, url, data=None, json=None, **options):
        return self.request("POST", url, data=data, json=json, **options)

    def put(self, url, data=None, **options):
        return self.request("PUT", url, data=data, **options)

    def patch(self, url, data=None, **options):
        return self.request("PATCH", url, data=data, **options)

    def delete(self, url, **options):
        return self.request("DELETE", url, **options)

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *args):
        pass


session = Session


def request(method, url, **options):
    return Session().request(method, url, **options)


def get(url, params=None, **options):
    return Session().get(url, params=params, **options)


def options(url, **rest):
    return Session().options(url, **rest)


def head(url, **options):
    return Session().head(url, **options)


def post(url, data=None, json=None, **options):
    return Session().post(url, data=data, json=json, **options)


def put(url, data=None, **options):
    return Session().put(url, data=data, **options)


def patch(url, data=None, **options):
    return Session().patch(url, data=data, **options)


def delete(url, **options):
    return Session().delete(url, **options)
