"""The gateway's own pages, as plain HTML. All content is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from local.gateway.definition import Operation
from local.gateway.notifications import Notification

# No script runs and nothing is loaded, even if an escape is missing.
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

_REFRESH_SECONDS = 3

_STYLE = """
:root { color-scheme: light dark; --quiet: light-dark(#5c6470, #9aa4b2);
        --line: light-dark(#dfe3e8, #333a44); --card: light-dark(#fff, #1c2027); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem;
       background: light-dark(#f6f7f9, #13161b); color: light-dark(#1b1f24, #e7eaee); }
h1 { font-size: 1.5rem; } h2 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }
p, time { color: var(--quiet); } a { color: light-dark(#0b57d0, #8ab4f8); }
article { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
          padding: 1rem 1.2rem; margin: 1rem 0; }
time { font-size: .85rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .6rem 0 0; font-size: .9rem; }
table { border-collapse: collapse; } td, th { padding: .2rem 1.2rem .2rem 0; text-align: left; }
input, textarea, button { font: inherit; margin: .2rem 0; } textarea { width: 100%; }
code { font-family: ui-monospace, monospace; }
"""


def notifications_page(notifications: Iterable[Notification]) -> str:
    """Return the page of emails that SNS, Cognito and SES would send. It reloads itself."""
    articles = "".join(
        f"<article><h2>{escape(each.subject)}</h2><time>{escape(each.time)}</time>"
        f"<pre>{escape(each.text)}</pre></article>"
        for each in notifications
    )
    return page(
        "Notifications",
        "<p>Emails that SNS, Cognito and SES would send, newest first.</p>"
        + (articles or "<p>No emails yet. Place an order.</p>"),
        refresh=True,
    )


def front_page(operations: Iterable[Operation]) -> str:
    """Return the front page: the routes, and links to the other pages."""
    rows = "".join(
        f"<tr><td><code>{escape(each.method)}</code></td>"
        f"<td><code>{escape(each.resource)}</code></td></tr>"
        for each in sorted(operations, key=lambda each: (each.resource, each.method))
        if each.method != "OPTIONS"
    )
    return page(
        "Storefront",
        '<p><a href="/_local/api">API</a>: every route, with a form to try it</p>'
        '<p><a href="/_local/notifications">Notifications</a>'
        ": emails that SNS, Cognito and SES would send</p>"
        f"<table>{rows}</table>",
    )


def page(title: str, content: str, *, refresh: bool = False, script: str = "") -> str:
    """Return a page with this HTML as its content. `script` is the path of a module."""
    module = f'<script type="module" src="{script}"></script>' if script else ""
    reload = f'<meta http-equiv="refresh" content="{_REFRESH_SECONDS}">' if refresh else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{reload}{module}<style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{content}</body></html>"
    )
