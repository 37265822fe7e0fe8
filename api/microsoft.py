"""ID tokens of Microsoft Entra ID: keys from OpenID Connect discovery, and every claim that a sign-in depends on.

Sources: OpenID Connect Core 1.0, 3.1.3.7, and Discovery 1.0, 4.3; for `tid` and `oid`, Microsoft's reference of ID
token claims. A person is identified by `tid` and `oid`, never by an address, which a tenant may give to another person.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
from authlib.oidc.core import IDToken
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from schema.errors import Unauthenticated, Unavailable
from schema.settings import Settings

_ALGORITHMS = ["RS256"]
_LEEWAY_S = 60
_MAX_AGE_S = 300
"""Maximum age of a token. A sign-in sends it at once, so an older one was stored by somebody."""
_FETCH_S = 5.0
_LARGEST_ANSWER = 256 * 1024
_KEYS_LIVE_S = 24 * 3600
_ASK_AGAIN_S = 60
"""How often an unknown key is looked up. Anybody can invent key ids."""
_TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_REFUSED = "This Microsoft sign-in is not valid. Sign in with Microsoft again."


@dataclass(frozen=True, slots=True)
class Identity:
    """The person who signed in. `token_hash` identifies the token. It may be forgotten at `forget_at` (seconds since
    1970), when the token is too old to be accepted."""

    tenant_id: str
    object_id: str
    token_hash: str
    forget_at: int


@dataclass(slots=True)
class _Keys:
    """A tenant's keys, and when they were fetched, in seconds of the monotonic clock."""

    fetched_at: float
    keys: KeySet = field(repr=False)

    def knows(self, kid: str) -> bool:
        return any(key.kid == kid for key in self.keys.keys)


class Microsoft:
    """Verifies ID tokens for one application, from the allowed tenants. The caller closes `http`, which must follow no
    redirects."""

    def __init__(
        self, client_id: str, tenants: Sequence[str], authority: str, http: httpx2.AsyncClient
    ) -> None:
        self._client_id = client_id
        self._tenants = frozenset(tenant.lower() for tenant in tenants)
        self._authority = authority.rstrip("/")
        self._http = http
        self._known: dict[str, _Keys] = {}
        self._fetching = asyncio.Lock()

    @classmethod
    def of(cls, settings: Settings, http: httpx2.AsyncClient) -> Microsoft | None:
        """None if no application is configured."""
        if settings.microsoft_client_id is None:
            return None
        return cls(
            settings.microsoft_client_id, settings.microsoft_tenants, settings.microsoft_authority, http
        )

    async def identity(self, token: str, nonce: str | None = None) -> Identity:
        """Whose token it is. The caller checks by the hash that it is used only once.

        Raises:
            Unauthenticated: it is not Microsoft's, not for this application, too old, or of another tenant.
            Unavailable: Microsoft's keys cannot be fetched now.
        """
        kid, tenant = self._announced(token)
        keys = await self._keys(tenant, kid)
        try:
            decoded = jwt.decode(token, keys.keys, algorithms=_ALGORITHMS)
            claims = self._checked(decoded.claims, decoded.header, tenant, nonce)
        except (JoseError, ValueError, TypeError):
            raise Unauthenticated(_REFUSED) from None
        return Identity(
            tenant_id=tenant,
            object_id=claims["oid"].lower(),
            token_hash=hashlib.sha256(token.encode()).hexdigest(),
            forget_at=claims["iat"] + _MAX_AGE_S + _LEEWAY_S,
        )

    def _announced(self, token: str) -> tuple[str, str]:
        """The (key id, tenant) that the token claims. They are not trusted yet, but say where to look."""
        try:
            unread = jws.extract_compact(token.encode())
            kid, tenant = unread.headers()["kid"], json.loads(unread.payload)["tid"]
        except (JoseError, ValueError, TypeError, KeyError):
            raise Unauthenticated(_REFUSED) from None
        if not isinstance(kid, str) or not isinstance(tenant, str) or not _TENANT.fullmatch(tenant.lower()):
            raise Unauthenticated(_REFUSED)
        if tenant.lower() not in self._tenants:
            raise Unauthenticated(
                "Accounts of this Microsoft tenant may not sign in here. Ask an administrator."
            )
        return kid, tenant.lower()

    def _issuer(self, tenant: str) -> str:
        return f"{self._authority}/{tenant}/v2.0"

    def _checked(
        self, claims: dict[str, Any], header: dict[str, Any], tenant: str, nonce: str | None
    ) -> dict[str, Any]:
        """The verified claims, or an error of joserfc's."""
        found = IDToken(
            claims,
            header,
            {
                "iss": {"essential": True, "value": self._issuer(tenant)},
                "aud": {"essential": True, "value": self._client_id},
                "tid": {"essential": True},
                "oid": {"essential": True},
            },
            {"nonce": nonce, "client_id": self._client_id},
        )
        now = int(time.time())
        found.validate(now=now, leeway=_LEEWAY_S)
        if found["tid"].lower() != tenant or not _TENANT.fullmatch(str(found["oid"]).lower()):
            raise ValueError("tid")
        if not isinstance(found["iat"], int) or now - found["iat"] > _MAX_AGE_S + _LEEWAY_S:
            raise ValueError("iat")
        return dict(found)

    async def _keys(self, tenant: str, kid: str) -> _Keys:
        """The tenant's keys, refreshed if `kid` is not among them."""
        async with self._fetching:
            known = self._known.get(tenant)
            age = time.monotonic() - known.fetched_at if known else float("inf")
            if known and age < _KEYS_LIVE_S and (known.knows(kid) or age < _ASK_AGAIN_S):
                return known
            self._known[tenant] = fresh = _Keys(time.monotonic(), await self._fetch(tenant))
            return fresh

    async def _fetch(self, tenant: str) -> KeySet:
        """Fetches the keys by discovery.

        Raises:
            Unavailable: the authority does not answer like an OpenID provider.
        """
        issuer = self._issuer(tenant)
        try:
            async with asyncio.timeout(_FETCH_S):
                metadata = OpenIDProviderMetadata(
                    await self._get(f"{issuer}/.well-known/openid-configuration")
                )
                metadata.validate_issuer()
                metadata.validate_jwks_uri()
                if metadata["issuer"] != issuer:
                    raise ValueError("issuer")
                return KeySet.import_key_set(await self._get(metadata["jwks_uri"]))
        except (
            httpx2.HTTPError,
            httpx2.InvalidURL,
            TimeoutError,
            JoseError,
            ValueError,
            TypeError,
            KeyError,
        ):
            raise Unavailable("Microsoft's sign-in service cannot be reached now. Try again.") from None

    async def _get(self, url: str) -> Any:
        async with self._http.stream("GET", url, headers={"Accept": "application/json"}) as answer:
            if answer.status_code != 200:
                raise ValueError("status")
            body = b""
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > _LARGEST_ANSWER:
                    raise ValueError("length")
        return json.loads(body)
