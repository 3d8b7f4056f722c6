"""Create a user, or set a new password for an existing one: `make user NAME=ann`."""

from __future__ import annotations

import argparse
import getpass
import secrets
import string
import sys
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.stack import DeployedStack, StackNotFound, find_stack

_PASSWORD_LENGTH = 24

_EXAMPLES = """
  make user NAME=ann                   generate a password and print it once
  make user NAME=ann TEMPORARY=1       the user must change it at the first sign-in
  make user NAME=ann GROUP=staff       the user may read every order
  make user NAME=ann ARGS=--stdin      read the password from the terminal or a pipe
  make user NAME=ann ENV=prod          create the user in an environment on AWS
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Create the user. Returns 0 on success, 1 on a failure."""
    arguments = _parse(argv)
    try:
        stack = find_stack(arguments.stack, arguments.region)
        pool = UserPool(stack)
        password = _read_password() if arguments.stdin else pool.generate_password()
        print(stack.place)
        print(
            pool.create(
                arguments.name,
                password,
                temporary=arguments.temporary,
                group=arguments.group,
                email=arguments.email,
            )
        )
    except (StackNotFound, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    if not arguments.stdin:
        print(f"password: {password}")
    return 0


class UserPool:
    """The user pool of a stack."""

    def __init__(self, stack: DeployedStack) -> None:
        self._cognito = stack.client("cognito-idp")
        self._id = stack.resources("AWS::Cognito::UserPool")["UserPool"]

    def create(
        self,
        name: str,
        password: str,
        *,
        temporary: bool = False,
        group: str | None = None,
        email: str | None = None,
    ) -> str:
        """Create the user, or reset the password of an existing one. Returns what was done."""
        user = {"UserPoolId": self._id, "Username": name}
        is_new = self._create_unless_exists(user, email)
        if group:
            self._cognito.admin_add_user_to_group(**user, GroupName=group)
        self._cognito.admin_set_user_password(**user, Password=password, Permanent=not temporary)
        return (
            f"{'created' if is_new else 'reset the password of'} {name}"
            + (f", in the group {group}" if group else "")
            + (", with a temporary password" if temporary else "")
        )

    def generate_password(self) -> str:
        """Return a random password of letters and digits that satisfies the pool's policy."""
        pool = self._cognito.describe_user_pool(UserPoolId=self._id)["UserPool"]
        length = max(_PASSWORD_LENGTH, int(pool["Policies"]["PasswordPolicy"]["MinimumLength"]))
        alphabet = string.ascii_letters + string.digits
        required = (str.islower, str.isupper, str.isdigit)
        while True:
            password = "".join(secrets.choice(alphabet) for _ in range(length))
            if all(any(map(is_kind, password)) for is_kind in required):
                return password

    def _create_unless_exists(self, user: dict[str, Any], email: str | None) -> bool:
        attributes = {"email": email, "email_verified": "true"} if email else {}
        try:
            self._cognito.admin_create_user(
                **user,
                MessageAction="SUPPRESS",  # the operator, not Cognito, sends the password
                UserAttributes=[{"Name": n, "Value": v} for n, v in attributes.items()],
            )
        except self._cognito.exceptions.UsernameExistsException:
            return False
        return True


def _read_password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass()
    return sys.stdin.readline().rstrip("\n")


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="ops.user",
        description="Create a user, or set a new password for an existing one.",
        epilog=f"examples:{_EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("name", help="the user name; not an email address")
    add("--temporary", action="store_true", help="must be changed at the first sign-in")
    add("--group", help="customers or staff")
    add("--email", help="a verified address, for sign-in and password reset")
    add("--stdin", action="store_true", help="read the password instead of generating one")
    add("--stack", help="a stack on AWS; default: the stack of ENV, or the local stack")
    add("--region", help="the region of the stack; default: from your AWS configuration")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
