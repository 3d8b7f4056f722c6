"""The user pool and its client: how users sign in, and what protects them."""

from collections.abc import Iterator

from project.template import Template
from tests.template.rules import changed, referred, resources, rule, without

CLIENT = ("UserPoolClient", "Properties")
NO_VALUE = {"Ref": "AWS::NoValue"}


@rule(
    changed(*CLIENT, "ExplicitAuthFlows", to=["ALLOW_USER_PASSWORD_AUTH"]),
    changed(*CLIENT, "ExplicitAuthFlows", 0, to="ALLOW_CUSTOM_AUTH"),
    changed(*CLIENT, "ExplicitAuthFlows", 0, to="ALLOW_ADMIN_USER_PASSWORD_AUTH"),
    changed(*CLIENT, "ExplicitAuthFlows", 2, to="ALLOW_REFRESH_TOKEN_AUTH"),
    changed(*CLIENT, "PreventUserExistenceErrors", to="LEGACY"),
    without(*CLIENT, "PreventUserExistenceErrors"),
    without(*CLIENT, "EnableTokenRevocation"),
    changed(*CLIENT, "GenerateSecret", to=True),
)
def test_a_client_allows_only_the_flows_of_the_api_and_hides_who_is_registered(
    template: Template,
) -> Iterator[str]:
    """fault 44"""
    # Cognito rejects a client with rotation and this flow.
    refresh = {"Fn::If": ["RotatesRefreshTokens", NO_VALUE, "ALLOW_REFRESH_TOKEN_AUTH"]}
    flows = ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", refresh]
    for name, client in resources(template, "AWS::Cognito::UserPoolClient"):
        if client["ExplicitAuthFlows"] != flows:
            yield f"{name} allows {client['ExplicitAuthFlows']}, not only the flows of the API"
        if client.get("PreventUserExistenceErrors") != "ENABLED":
            yield f"{name} shows who is registered"
        if client.get("EnableTokenRevocation") is not True:
            yield f"{name} cannot revoke tokens, so nobody can sign out"
        if client.get("GenerateSecret"):
            yield f"{name} has a secret, which browsers cannot keep"


@rule(
    without(*CLIENT, "RefreshTokenRotation"),
    changed(*CLIENT, "RefreshTokenRotation", "Fn::If", 1, "Feature", to="DISABLED"),
    without(*CLIENT, "RefreshTokenRotation", "Fn::If", 1, "RetryGracePeriodSeconds"),
)
def test_a_stolen_refresh_token_is_replaced_at_its_next_use(template: Template) -> Iterator[str]:
    """With a grace period, for clients that did not get the answer."""
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 60}
    written = {"Fn::If": ["RotatesRefreshTokens", rotation, {"Feature": "DISABLED"}]}
    for name, client in resources(template, "AWS::Cognito::UserPoolClient"):
        if client.get("RefreshTokenRotation") != written:
            yield f"{name} does not rotate refresh tokens, or signs out clients that retry"


@rule(
    changed("UserPool", "Properties", "DeletionProtection", to="INACTIVE"),
    changed("UserPool", "Properties", "UsernameConfiguration", "CaseSensitive", to=True),
)
def test_a_user_pool_is_protected_and_ignores_the_case_of_names(
    template: Template,
) -> Iterator[str]:
    for name, pool in resources(template, "AWS::Cognito::UserPool"):
        if pool["DeletionProtection"] != {"Fn::If": ["ProtectsData", "ACTIVE", "INACTIVE"]}:
            yield f"{name} has no deletion protection"
        if pool.get("UsernameConfiguration") != {"CaseSensitive": False}:
            yield f"{name} takes Ann and ann for two users"


@rule(
    without("UserPool", "Properties", "LambdaConfig"),
    without("PreSignUpFunctionAliasliveCognitoPermission"),
    changed("PreSignUpFunctionAliasliveCognitoPermission", "Properties", "SourceArn", to="*"),
    changed("PreSignUpFunction", "Properties", "Timeout", to=10),
)
def test_a_user_pool_has_names_checked_before_it_creates_a_user(
    template: Template,
) -> Iterator[str]:
    """fault 59. Cognito waits 5 s for a trigger (Cognito guide, Lambda triggers)."""
    for name, pool in resources(template, "AWS::Cognito::UserPool"):
        trigger = referred(pool.get("LambdaConfig", {}).get("PreSignUp"))
        if trigger != "PreSignUpFunction":
            yield f"{name} does not call PreSignUpFunction"
            continue
        permissions = [
            permission
            for _, permission in resources(template, "AWS::Lambda::Permission")
            if referred(permission["FunctionName"]) == trigger
        ]
        if [referred(each["SourceArn"]) for each in permissions] != [name]:
            yield f"{name} alone must be allowed to call {trigger}"
        if template["Resources"][trigger]["Properties"]["Timeout"] > 5:
            yield f"{name} does not wait as long as {trigger} may take"


@rule(
    without("UserPool", "Properties", "UserAttributeUpdateSettings"),
    changed(
        *("UserPool", "Properties", "UserAttributeUpdateSettings"),
        to={"AttributesRequireVerificationBeforeUpdate": []},
    ),
)
def test_a_new_address_replaces_the_old_one_only_after_it_is_confirmed(
    template: Template,
) -> Iterator[str]:
    """With an access token, a client can change the address directly at Cognito."""
    for name, pool in resources(template, "AWS::Cognito::UserPool"):
        updates = pool.get("UserAttributeUpdateSettings", {})
        if updates.get("AttributesRequireVerificationBeforeUpdate") != ["email"]:
            yield f"{name} sends codes to addresses that nobody has confirmed"


@rule(
    changed(
        "UserPool", "Properties", "EmailConfiguration", to={"EmailSendingAccount": "DEVELOPER"}
    ),
    without("UserPool", "Properties", "EmailConfiguration"),
    changed(
        *("UserPool", "Properties", "EmailConfiguration", "Fn::If", 2),
        to={"EmailSendingAccount": "DEVELOPER"},
    ),
)
def test_codes_are_sent_through_ses_only_if_a_sender_is_set(template: Template) -> Iterator[str]:
    for name, pool in resources(template, "AWS::Cognito::UserPool"):
        condition, sender, otherwise = pool.get("EmailConfiguration", {}).get("Fn::If", [""] * 3)
        if condition != "HasUserEmail" or otherwise != {"Ref": "AWS::NoValue"}:
            yield f"{name} does not keep Cognito's own sender without UserEmailFrom"
        elif sender != {
            "EmailSendingAccount": "DEVELOPER",
            "SourceArn": {"Ref": "UserEmailIdentityArn"},
            "From": {"Ref": "UserEmailFrom"},
        }:
            yield f"{name} does not send from the identity of UserEmailFrom"
