"""The client's address behind trusted proxies."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

Address = IPv4Address | IPv6Address
_SECURE = {"http": {"http": "http", "https": "https"}, "websocket": {"http": "ws", "https": "wss"}}


def parsed(text: str) -> Address | None:
    """Parses an address, possibly with a port as some proxies write it. A scope is removed, since it only has a meaning
    on its own machine. None if it is not an address."""
    plain = text.strip().partition("%")[0]
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        address = ip_address(plain)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address
    return address


class Proxies:
    """Takes the client's address and scheme from `X-Forwarded-For` and `X-Forwarded-Proto` of a trusted proxy. From
    anyone else, these headers are ignored. An address that cannot be parsed becomes None."""

    def __init__(self, app: ASGIApp, trusted: Sequence[IPv4Network | IPv6Network]) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in _SECURE and self._trusted:
            peer = scope.get("client")
            if peer is not None and self._trusts(parsed(peer[0])):
                scope.update(
                    self._told(scope)
                )  # the same scope object, in which outer middleware finds the route
        await self._app(scope, receive, send)

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)

    def _told(self, scope: Scope) -> Scope:
        headers = Headers(scope=scope)
        told: Scope = {}
        if "x-forwarded-for" in headers:
            address = self._caller(",".join(headers.getlist("x-forwarded-for")))
            told["client"] = (str(address), 0) if address else None
        secure = _SECURE[scope["type"]].get(headers.get("x-forwarded-proto", "").strip().lower())
        if secure:
            told["scheme"] = secure
        return told

    def _caller(self, forwarded: str) -> Address | None:
        """The last address that is not one of our proxies. The client may have forged anything before it."""
        address: Address | None = None
        for text in reversed(forwarded.split(",")):
            address = parsed(text)
            if not self._trusts(address):
                break
        return address
