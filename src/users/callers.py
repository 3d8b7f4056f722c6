"""The callers of the account routes, as their access tokens describe them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common import aws
from common.api import routes
from common.api.errors import Forbidden
from common.sessions import Session

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent


def access_token(event: BaseProxyEvent) -> str:
    """The access token of an account route, which API Gateway has verified. Raises Forbidden.

    The token opens the user's account at Cognito. It must not do that on behalf of an API whose
    callers are not the users of the user pool.
    """
    if aws.env("ACCOUNT_ROUTES") != "on":
        raise Forbidden("this API does not manage the accounts of its callers")
    return routes.token(event)


def session(event: BaseProxyEvent) -> Session:
    """The session of an account route's access token. Raises Forbidden like `access_token`."""
    access_token(event)
    return Session.from_claims(routes.claims(event), routes.username(event))
