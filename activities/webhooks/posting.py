"""One POST to a URL that a person gave. It can only reach public addresses."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus

import httpx2

from schema.outbound import is_public

LIMIT_S = 10.0
"""From name resolution to the response. A receiver should acknowledge first and process later."""
_CONNECT_S = 3.0
"""With one of several addresses."""
_MOST_ADDRESSES = 4
_MOST_BYTES = 64 * 1024
"""How much of the response body is read and ignored, so that a receiver with a short body is not cut off."""
_DRAIN_S = 1.0
_PHRASES = {each.value: each.phrase for each in HTTPStatus}

_LOOKING_UP = ThreadPoolExecutor(4, thread_name_prefix="names")
"""Names are resolved in separate threads, because an attacker's name server may answer arbitrarily slowly."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The numeric addresses of a host, the first to be tried first. OSError: it has none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result, in our own words. Nothing that a receiver says is stored."""

    status: int | None = None
    error: str | None = None
    """Why the delivery failed; None if it succeeded."""
    retry_after_s: float | None = None
    rarely: bool = False
    """Whether people on the other side have to fix it, so that retrying soon is pointless."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """By the system."""
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_LOOKING_UP, look_up)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Poster:
    """`private` also allows private addresses. `trusted` verifies certificates."""

    def __init__(
        self,
        *,
        private: bool,
        resolve: Resolve = resolve,
        limit_s: float = LIMIT_S,
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        self._private = private
        self._resolve = resolve
        self._limit_s = limit_s
        self._trusted = trusted

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Follows no redirects, ignores proxies of the environment, and closes the connection."""
        if self._trusted is None:  # some milliseconds, not needed by processes that send nothing
            self._trusted = httpx2.create_ssl_context(trust_env=False)
        try:
            async with asyncio.timeout(self._limit_s):
                return await self._post(httpx2.URL(url), headers, body, self._trusted)
        except TimeoutError:
            return Answer(error=f"No answer came within {self._limit_s:g} s.")
        except httpx2.InvalidURL:
            return Answer(error="The address cannot be called.", rarely=True)

    async def _post(
        self, url: httpx2.URL, headers: Mapping[str, str], body: bytes, trusted: ssl.SSLContext
    ) -> Answer:
        host, port = url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)
        try:
            found = await self._resolve(host, port)
        except (OSError, UnicodeError):  # or: a name that no name can be
            return Answer(error="The host's name leads to no address.")
        addresses = [each for each in found if self._private or is_public(each)]
        if not addresses:
            return Answer(error="The host's name leads to no public address.", rarely=True)
        failed = Answer(error="No connection could be made.")
        for address in addresses[:_MOST_ADDRESSES]:
            try:
                return await self._call(_at(url, address, headers, body, self._limit_s), trusted)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                if _is_of_tls(error):
                    failed = Answer(error="The certificate is not valid, or TLS failed.")
            except httpx2.TimeoutException:
                return Answer(error="The receiver stopped in the middle.")
            except httpx2.HTTPError:
                return Answer(error="The receiver did not answer as HTTP has it.")
        return failed

    async def _call(self, request: httpx2.Request, trusted: ssl.SSLContext) -> Answer:
        """Uses the transport directly: a client would follow redirects, keep cookies, and log whole URLs."""
        async with httpx2.AsyncHTTPTransport(verify=trusted, trust_env=False) as transport:
            response = await transport.handle_async_request(request)
            try:
                with contextlib.suppress(httpx2.HTTPError, TimeoutError):
                    async with asyncio.timeout(_DRAIN_S):
                        await _drain(response)
            finally:
                await response.aclose()
            return _read(response.status_code, response.headers.get("retry-after"))


def _at(
    url: httpx2.URL, address: str, headers: Mapping[str, str], body: bytes, limit_s: float
) -> httpx2.Request:
    """Connects to exactly the address that was checked. Certificate and `Host` are for the name."""
    asked = {"Host": url.netloc.decode("ascii"), "User-Agent": "accessible-video", **headers}
    timeout = httpx2.Timeout(limit_s, connect=_CONNECT_S).as_dict()
    extensions = {"timeout": timeout, "sni_hostname": url.raw_host.decode("ascii")}
    there = url.copy_with(host=address.partition("%")[0])
    return httpx2.Request("POST", there, headers=asked, content=body, extensions=extensions)


async def _drain(response: httpx2.Response) -> None:
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    read = 0
    async for piece in response.stream:  # raw: nothing is decompressed
        read += len(piece)
        if read >= _MOST_BYTES:
            return


def _read(status: int, retry_after: str | None) -> Answer:
    if 200 <= status < 300:
        return Answer(status)
    phrase = f" ({_PHRASES[status]})" if status in _PHRASES else ""
    said = f"The receiver answered {status}{phrase}."
    soon = status >= 500 or status in (408, 425, 429)
    return Answer(status, said, _seconds(retry_after) if soon else None, rarely=not soon)


def _seconds(retry_after: str | None) -> float | None:
    """Of the header, in either of its forms (RFC 9110, section 10.2.3)."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _is_of_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
