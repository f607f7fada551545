"""Single sign-on: tokens that the portal signs (JWT, HS256), and what the services give for them."""
import base64
import hashlib
import hmac
import json
import secrets

from service import Caller, Refused, Service

SSO_SECONDS = 60
AUDIENCES = ("mcm", "modeler", "pipeline")
MAX_TOKENS = 50_000


def encode(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signature(world, signed):
    return hmac.new(world.key, signed.encode(), hashlib.sha256).digest()


def issue(world, caller, audience):
    now = world.now()
    claims = {"iss": "cloudz", "sub": caller.login, "aud": audience, "iat": now, "exp": now + SSO_SECONDS, "jti": secrets.token_hex(8),
              "administrator": caller.administrator, "roles": sorted(caller.roles)}
    signed = f"{encode(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{encode(json.dumps(claims).encode())}"
    return f"{signed}.{encode(signature(world, signed))}"


class TokenService(Service):
    """A service that takes a sign-on token once and gives a token of its own."""
    token_seconds = 0

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.given = {}  # token: (caller, until)
        self.used = {}  # What was exchanged, by the id of the token; the oldest are forgotten, long after they expired.

    def exchange(self, call, token):
        """An access token for a sign-on token, and until when."""
        claims = self.verified(token)
        call.caller = Caller(claims["sub"], claims["administrator"], frozenset(claims["roles"]))
        if len(self.given) >= MAX_TOKENS:
            self.given.pop(next(iter(self.given)))
        access, until = secrets.token_urlsafe(24), self.world.now() + self.token_seconds
        self.given[access] = (call.caller, until)
        return access, until

    def verified(self, token):
        try:
            header, body, sign = token.split(".")
            good = hmac.compare_digest(decode(sign), signature(self.world, f"{header}.{body}"))
            claims = json.loads(decode(body)) if good else {}
        except ValueError:
            claims = {}
        if claims.get("aud") != self.name:
            raise Refused(401, "SSO_TOKEN_INVALID", f"This is no sign-on token for {self.name}.")
        if claims["exp"] <= self.world.now():
            raise Refused(401, "SSO_TOKEN_EXPIRED", "The sign-on token expired.")
        if claims["jti"] in self.used:
            raise Refused(401, "SSO_TOKEN_USED", "The sign-on token was used before.")
        if len(self.used) >= MAX_TOKENS:
            self.used.pop(next(iter(self.used)))
        self.used[claims["jti"]] = True
        return claims

    @staticmethod
    def bearer(call):
        scheme, _, token = (call.header("authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refused(401, "TOKEN_REQUIRED", "Expected a bearer token.", [("WWW-Authenticate", "Bearer")])
        return token

    def authenticate(self, call):
        caller, until = self.given.get(self.bearer(call), (None, 0))
        if caller is None:
            raise Refused(401, "TOKEN_INVALID", "The token is unknown.", [("WWW-Authenticate", 'Bearer error="invalid_token"')])
        if until <= self.world.now():
            raise Refused(401, "TOKEN_EXPIRED", "The token expired.", [("WWW-Authenticate", 'Bearer error="invalid_token"')])
        return caller
