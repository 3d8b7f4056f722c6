"""Make a user, or give one a new password: `make user NAME=ann`."""

from __future__ import annotations

import argparse
import getpass
import secrets
import string
import sys
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.stack import NoStack, Stack, find_stack

_PASSWORD_LENGTH = 24

_EXAMPLES = """
  make user NAME=ann                         with a password that is made up and shown once
  make user NAME=ann TEMPORARY=1             one to be changed at the first sign-in
  make user NAME=ann GROUP=staff             one who may read any order
  make user NAME=ann ARGS=--stdin            with the password that is typed or piped in
  make user NAME=ann ENV=prod                in an environment on AWS
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Make the user. 0: done; 1: refused, or no such stack."""
    arguments = _parse(argv)
    try:
        stack = find_stack(arguments.stack, arguments.region)
        pool = UserPool(stack)
        password = _typed() if arguments.stdin else pool.made_up_password()
        print(stack.place)
        print(
            pool.make(
                arguments.name,
                password,
                temporary=arguments.temporary,
                group=arguments.group,
                email=arguments.email,
            )
        )
    except (NoStack, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    if not arguments.stdin:
        print(f"password: {password}")
    return 0


class UserPool:
    """The user pool of a stack."""

    def __init__(self, stack: Stack) -> None:
        self._cognito = stack.client("cognito-idp")
        self._id = stack.resources("AWS::Cognito::UserPool")["UserPool"]

    def make(
        self,
        name: str,
        password: str,
        *,
        temporary: bool = False,
        group: str | None = None,
        email: str | None = None,
    ) -> str:
        """Make the user, who may be there already, and say what was done."""
        user = {"UserPoolId": self._id, "Username": name}
        is_new = self._create(user, email)
        if group:
            self._cognito.admin_add_user_to_group(**user, GroupName=group)
        self._cognito.admin_set_user_password(**user, Password=password, Permanent=not temporary)
        return (
            f"{'made' if is_new else 'new password for'} {name}"
            + (f", of {group}" if group else "")
            + (", to change it at the first sign-in" if temporary else "")
        )

    def made_up_password(self) -> str:
        """A password as the pool wants it, of letters and digits."""
        pool = self._cognito.describe_user_pool(UserPoolId=self._id)["UserPool"]
        length = max(_PASSWORD_LENGTH, int(pool["Policies"]["PasswordPolicy"]["MinimumLength"]))
        letters = string.ascii_letters + string.digits
        while True:
            password = "".join(secrets.choice(letters) for _ in range(length))
            kinds = (str.islower, str.isupper, str.isdigit)
            if all(any(map(kind, password)) for kind in kinds):
                return password

    def _create(self, user: dict[str, Any], email: str | None) -> bool:
        confirmed = {"email": email, "email_verified": "true"} if email else {}
        try:
            self._cognito.admin_create_user(
                **user,
                MessageAction="SUPPRESS",  # whoever makes the user hands over the password
                UserAttributes=[{"Name": n, "Value": v} for n, v in confirmed.items()],
            )
        except self._cognito.exceptions.UsernameExistsException:
            return False
        return True


def _typed() -> str:
    if sys.stdin.isatty():
        return getpass.getpass()
    return sys.stdin.readline().rstrip("\n")


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="ops.user",
        description=__doc__,
        epilog=f"examples:{_EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", help="the user name; no email address")
    parser.add_argument("--temporary", action="store_true", help="a password to be changed")
    parser.add_argument("--group", help="customers or staff")
    parser.add_argument("--email", help="a confirmed address, to sign in and reset by")
    parser.add_argument("--stdin", action="store_true", help="read the password")
    parser.add_argument("--stack", help="a stack on AWS; without it and ENV, the local one")
    parser.add_argument("--region", help="its region")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
