"""What asyncio and the standard library look up in a module of this name when they are imported. There are no sockets."""

AF_UNSPEC, AF_INET, AF_INET6, SOCK_STREAM, SOCK_DGRAM, SOL_SOCKET, SO_TYPE = 0, 2, 10, 1, 2, 1, 3
IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IPV6, TCP_NODELAY, SOMAXCONN, AI_PASSIVE = 6, 17, 41, 1, 128, 1
has_ipv6 = False
error = herror = gaierror = OSError
timeout = TimeoutError


class socket:
    def __init__(self, *args, **kwargs):
        raise OSError("a tool has no sockets: use belljar.http")


def _none(*args, **kwargs):
    raise OSError("a tool has no sockets: use belljar.http")


socketpair = create_connection = getaddrinfo = gethostbyname = gethostname = getnameinfo = getfqdn = _none
