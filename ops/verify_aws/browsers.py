"""Browsers: CORS preflights of the API, which has a different origin than the web client."""

from __future__ import annotations

from local.api_user import send
from ops.verify_aws.probe import NotApplicable, probe
from ops.verify_aws.target import Reply, Target

HEADERS = "authorization,content-type,idempotency-key"


def preflight(url: str, target: Target, method: str, headers: str) -> Reply:
    """Send the preflight that a browser sends before a page's request."""
    asked = {
        "Origin": target.origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
    }
    return Reply(*send("OPTIONS", url, None, asked))


def permitted(reply: Reply, target: Target, method: str, headers: str) -> str:
    """Return "permitted", or why a browser would stop (Fetch standard, "CORS-preflight fetch")."""
    if not 200 <= reply.status < 300:
        return f"{reply.status}"
    origin = reply.headers.get("Access-Control-Allow-Origin")
    if origin not in ("*", target.origin):
        return f"allowed origin {origin}"
    methods = _listed(reply, "Access-Control-Allow-Methods")
    if method.lower() not in methods and "*" not in methods:
        return f"allowed methods {methods}"
    allowed = _listed(reply, "Access-Control-Allow-Headers")
    # `*` does not include Authorization.
    missing = {each for each in headers.split(",") if each and each not in allowed}
    if "*" in allowed:
        missing &= {"authorization"}
    return f"allowed headers {allowed}" if missing else "permitted"


def _listed(reply: Reply, name: str) -> list[str]:
    given = reply.headers.get(name) or ""
    return [each.strip().lower() for each in given.split(",") if each.strip()]


def _api(target: Target, method: str, path: str) -> str:
    reply = preflight(target.stack.api + path, target, method, HEADERS)
    return permitted(reply, target, method, HEADERS)


@probe("a preflight of POST /orders", expected="permitted")
def place(target: Target) -> str:
    return _api(target, "POST", "/orders")


@probe("a preflight of PUT /orders/{orderID}", expected="permitted")
def place_as(target: Target) -> str:
    return _api(target, "PUT", "/orders/8f1c5f0a-6c1d-4f57-9a38-2f6d0e9b7c11")


@probe("a preflight of DELETE /images/{imageID}", expected="permitted")
def delete(target: Target) -> str:
    return _api(target, "DELETE", "/images/8f1c5f0a-6c1d-4f57-9a38-2f6d0e9b7c11")


@probe("the web client has a Content-Security-Policy", expected="200, policy")
def web_client(target: Target) -> str:
    if "WebUrl" not in target.outputs:
        raise NotApplicable("deployed with Web=false")
    reply = Reply(*send("GET", target.outputs["WebUrl"], None, {}))
    policy = reply.headers.get("Content-Security-Policy", "")
    return f"{reply.status}, {'policy' if 'default-src' in policy else 'no policy'}"


@probe("the web client's host passes /session on to the API", expected="401, removed; 403")
def web_session(target: Target) -> str:
    """A page's request with a cookie that is not valid, and one of another page."""
    if "WebUrl" not in target.outputs:
        raise NotApplicable("deployed with Web=false")
    url = f"{target.outputs['WebUrl']}/session"
    page = {"X-Session": "1", "Sec-Fetch-Site": "same-origin", "Cookie": "__Host-session=none"}
    own = Reply(*send("POST", url, None, page))
    foreign = Reply(*send("POST", url, None, {**page, "Sec-Fetch-Site": "cross-site"}))
    removed = "Max-Age=0" in own.headers.get("Set-Cookie", "")
    return f"{own.status}, {'removed' if removed else 'kept'}; {foreign.status}"
