"""Create, reset, sign out, disable, enable or delete a user: `make user NAME=ann`."""

from __future__ import annotations

import getpass
import secrets
import string
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from common import user_pool
from common.global_sign_out import GlobalSignOut
from common.live_sign_out import StillConnected
from common.user_pool import PoolUser
from ops.stack import DeployedStack, find_stack
from ops.stack_command import Find, run_on_stack
from ops.user_arguments import parse
from ops.user_sessions import OutdatedStack, global_sign_out

_PASSWORD_LENGTH = 24


class UserNotFound(Exception):
    """The user pool has no user with this name."""


class NotConfirmed(Exception):
    """The operator did not confirm the deletion."""


def main(
    argv: Sequence[str] | None = None,
    find: Find = find_stack,
) -> int:
    """Do what the arguments say. Returns 0 on success, 1 on a failure, 130 if interrupted."""
    arguments = parse(argv)

    def act(stack: DeployedStack) -> None:
        pool = UserPool(stack)
        if arguments.action:
            print(_act(pool, arguments))
        else:
            _create(pool, arguments)

    failures = (OutdatedStack, UserNotFound, NotConfirmed, StillConnected)
    return run_on_stack(arguments, find, act, *failures)


def _create(pool: UserPool, arguments: Namespace) -> None:
    password = _read_password() if arguments.stdin else pool.generate_password()
    done = pool.create(
        arguments.name,
        password,
        temporary=arguments.temporary,
        group=arguments.group,
        email=arguments.email,
    )
    print(done)
    if not arguments.stdin:
        print(f"password: {password}")


def _act(pool: UserPool, arguments: Namespace) -> str:
    """Return what was done."""
    name: str = arguments.name
    match arguments.action:
        case "sign-out":
            return pool.sign_out(name)
        case "disable":
            return pool.disable(name)
        case "enable":
            return pool.enable(name)
        case _:
            if not arguments.yes:
                _confirm_deletion(name)
            return pool.delete(name)


class UserPool:
    """The user pool of a stack."""

    def __init__(self, stack: DeployedStack) -> None:
        self._stack = stack
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
        """Create the user, or set a new password for an existing one, whose sessions then end.

        Returns what was done.
        """
        user = {"UserPoolId": self._id, "Username": name}
        is_new = self._create_unless_exists(user, email)
        sign_out = None if is_new else self._global_sign_out()  # before anything is changed
        if group:
            self._cognito.admin_add_user_to_group(**user, GroupName=group)
        self._cognito.admin_set_user_password(**user, Password=password, Permanent=not temporary)
        if sign_out:
            found = self._find(name)
            sign_out.run(found.userID, found.username)
        return (
            f"{'created' if is_new else 'reset the password of'} {name}"
            + (f", in the group {group}" if group else "")
            + (", with a temporary password" if temporary else "")
        )

    def sign_out(self, name: str) -> str:
        """End all sessions of the user. Returns what was done."""
        user = self._find(name)
        self._global_sign_out().run(user.userID, user.username)
        return f"ended all sessions of {user.username}"

    def disable(self, name: str) -> str:
        """Refuse new sessions of the user, and end all others. Returns what was done."""
        user, sign_out = self._find(name), self._global_sign_out()
        self._cognito.admin_disable_user(UserPoolId=self._id, Username=user.username)
        sign_out.run(user.userID, user.username)
        return f"disabled {user.username}, and ended all sessions"

    def enable(self, name: str) -> str:
        """Let a disabled user sign in again. Returns what was done."""
        user = self._find(name)
        self._cognito.admin_enable_user(UserPoolId=self._id, Username=user.username)
        return f"enabled {user.username}"

    def delete(self, name: str) -> str:
        """End all sessions of the user, and delete the user. Returns what was done.

        If it fails in between, the user stays disabled, and it can be repeated.
        """
        user = self._find(name)
        self.disable(user.username)
        self._cognito.admin_delete_user(UserPoolId=self._id, Username=user.username)
        return f"deleted {user.username}"

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

    def _find(self, name: str) -> PoolUser:
        user = user_pool.find(self._cognito, self._id, name)
        if user is None:
            raise UserNotFound(f"there is no user {name}")
        return user

    def _global_sign_out(self) -> GlobalSignOut:
        return global_sign_out(self._stack)


def _read_password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass()
    return sys.stdin.readline().rstrip("\n")


def _confirm_deletion(name: str) -> None:
    """Raises NotConfirmed."""
    print(f"Type {name} to delete this user permanently: ", end="", flush=True)
    if sys.stdin.readline().rstrip("\n") != name:
        raise NotConfirmed("not confirmed: nothing was deleted")


if __name__ == "__main__":
    sys.exit(main())
