"""Addresses that people name and the platform calls: what may be asked for, and where no call of theirs may lead.

Whoever names an address would else read, or change, what only the platform's own network reaches (server-side request
forgery). A name says nothing of where it leads, and may say something else a moment later: so addresses are looked at
when they are called, and the very ones that were looked at are called.
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
"""NAT64 (RFC 6052, RFC 8215), Teredo, 6to4, and IPv4-compatible ones: another address is inside. And those of a site, which
are no longer given."""


def is_public(address: str) -> bool:
    """Whether a numeric address is one of the Internet's, and stands for no other."""
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
    """`url`, in a form that may be called. `private`: plain http and addresses of one's own network may be.

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
    """Scheme, host and port: the rest may hold a secret, and is logged nowhere."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _is_numeric(host: str) -> bool:
    try:
        return isinstance(ip_address(host), IPv4Address | IPv6Address)
    except ValueError:
        return False
