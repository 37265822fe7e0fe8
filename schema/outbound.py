"""URLs that people give and the platform calls: which are allowed, and where no call may lead.

Otherwise a URL could read or change things that only the platform's own network can reach (server-side request
forgery). A host name may resolve differently a moment later. So the resolved addresses are checked at the time of the
call, and exactly these addresses are called.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from schema.errors import Invalid

_NOBODYS = (
    IPv6Network("64:ff9b::/96"),
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("2001::/32"),
    IPv6Network("2002::/16"),
    IPv6Network("::/96"),
    IPv6Network("fec0::/10"),
)
"""NAT64 (RFC 6052, RFC 8215), Teredo, 6to4 and IPv4-compatible addresses, which contain another address; and the
obsolete site-local ones."""


def is_public(address: str) -> bool:
    """Whether a numeric address is public, and does not embed another one."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and _stands_for_another(found):
        return False
    return found.is_global and not (
        found.is_multicast
        or found.is_reserved
        or found.is_loopback
        or found.is_link_local
        or found.is_private
        or found.is_unspecified
    )


def _stands_for_another(address: IPv6Address) -> bool:
    return address.ipv4_mapped is not None or any(address in network for network in _NOBODYS)


def checked_url(url: str, *, private: bool) -> str:
    """`url`, if it may be called. With `private`, plain http and private addresses are allowed too.

    Raises:
        Invalid: saying what is wrong with it.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Invalid("`url` is no address: https://host/path.") from None
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise Invalid("`url` begins with https://.")
    if not host or port == 0 or not url.isascii() or any(each.isspace() for each in url) or "\\" in url:
        raise Invalid("`url` is no address: https://host/path, in ASCII.")
    if parts.username is not None or parts.password is not None:
        raise Invalid("`url` holds no user and no password.")
    if "#" in url:
        raise Invalid("`url` has no part behind #.")
    if not private and (_is_numeric(host) and not is_public(host)):
        raise Invalid("`url` leads to an address that is not public.")
    return url


def origin_of(url: str) -> str:
    """Scheme, host and port. The rest may contain a secret, and is never logged."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _is_numeric(host: str) -> bool:
    try:
        return isinstance(ip_address(host), IPv4Address | IPv6Address)
    except ValueError:
        return False
