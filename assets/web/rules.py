"""Which addresses may be asked: the look of a URL, and the IP addresses that belong to the open internet."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx


_SCHEMES = ("http", "https")
_MOST_ADDRESSES = 4  # a stranger's name server may list hundreds, each a connection that times out
_IPV6_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_ALSO_NOT_PUBLIC = (IPv4Network("192.88.99.0/24"), IPv6Network("3fff::/20"))
"""6to4 relays and addresses for documentation, which Python 3.11 takes for public."""


class RefusedAddress(ValueError):
    """An address that is not asked, at any hop; str(error) is one readable clause. Comes out of a client as it is."""


def allowed_hosts(text: str | None) -> frozenset[str]:
    """Parse "host, host:port, [IPv6]:port" (TRIFUSE_ALLOW_HOSTS): hosts that may be asked though they are private.

    A host without a port is allowed at every port. Raises ValueError for an entry that is none of these.
    """
    entries = [entry.strip() for entry in (text or "").split(",")]
    return frozenset(_allowed_host(entry) for entry in entries if entry)


def _allowed_host(entry: str) -> str:
    """An entry as `is_allowed` compares it: lower case, IPv6 in brackets."""
    import httpx

    try:
        url = httpx.URL(f"tcp://{entry}")  # a scheme that has no default port to drop
    except httpx.InvalidURL as error:
        raise ValueError(f"{entry!r} is not a host: {error}") from error
    if not url.host or url.userinfo or url.raw_path not in (b"", b"/"):
        raise ValueError(f"{entry!r} is not a host; write host, host:port or [IPv6 address]:port")
    return url.netloc.decode()


def is_allowed(host: str, port: int, allow_hosts: frozenset[str]) -> bool:
    """Whether the host, spelled as in the URL, is one of the exceptions."""
    host = f"[{host}]" if ":" in host else host
    return not allow_hosts.isdisjoint({host, f"{host}:{port}"})


def check_url(url: str | httpx.URL) -> None:
    """Refuse what is not http or https, names a user, or has no usable host and port. Looks nothing up.

    Raises RefusedAddress.
    """
    import httpx

    try:
        url = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise RefusedAddress(f"{str(url)[:200]!r} is not a URL: {error}") from error
    shown = f"{url.scheme}://{url.host}"[:200]  # neither user nor query: those may hold secrets
    if url.scheme not in _SCHEMES:
        raise RefusedAddress(f"{shown} is not an http or https address")
    if url.userinfo:
        raise RefusedAddress(f"{shown} comes with a user name or password")
    if not url.host or "%" in url.host:
        raise RefusedAddress(f"{shown} has no usable host")
    if url.port is not None and not 0 < url.port < 65536:
        raise RefusedAddress(f"{shown} has the impossible port {url.port}")


def public_addresses(host: str, found: Sequence[tuple]) -> list[str]:
    """The first few IP addresses out of what getaddrinfo found for a host.

    Raises RefusedAddress if a single one of all that were found is not public.
    """
    addresses = list(dict.fromkeys(entry[4][0] for entry in found))
    for address in addresses:
        if not is_public(ip_address(address)):
            raise RefusedAddress(
                f"{host} is {'' if address == host else f'at {address}, '}not a public address; "
                "if you trust it, name it in TRIFUSE_ALLOW_HOSTS"
            )
    return addresses[:_MOST_ADDRESSES]


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the open internet; one that embeds an IPv4 address is judged by that."""
    if isinstance(address, IPv6Address):
        embedded = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            embedded = IPv4Address(address.packed[-4:])
        if embedded is not None:
            return is_public(embedded)
        if address not in _IPV6_UNICAST:
            return False
    if any(address in network for network in _ALSO_NOT_PUBLIC):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
