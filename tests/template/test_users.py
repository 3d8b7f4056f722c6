"""Users: how they sign in, and what protects them."""

from collections.abc import Iterator

from project.template import Template
from tests.template.convention import changed, convention, resources, without

CLIENT = ("UserPoolClient", "Properties")


@convention(
    changed(*CLIENT, "ExplicitAuthFlows", to=["ALLOW_USER_PASSWORD_AUTH"]),
    changed(*CLIENT, "ExplicitAuthFlows", 0, to="ALLOW_CUSTOM_AUTH"),
    changed(*CLIENT, "PreventUserExistenceErrors", to="LEGACY"),
    without(*CLIENT, "PreventUserExistenceErrors"),
    without(*CLIENT, "EnableTokenRevocation"),
    changed(*CLIENT, "GenerateSecret", to=True),
)
def test_a_client_signs_in_by_the_flows_we_serve_and_learns_no_names(
    template: Template,
) -> Iterator[str]:
    """fault 44"""
    flows = {"USER_SRP", "USER_PASSWORD", "ADMIN_USER_PASSWORD", "REFRESH_TOKEN"}
    for name, client in resources(template, "AWS::Cognito::UserPoolClient"):
        if set(client["ExplicitAuthFlows"]) != {f"ALLOW_{flow}_AUTH" for flow in flows}:
            yield f"{name} signs in by {client['ExplicitAuthFlows']}"
        if client.get("PreventUserExistenceErrors") != "ENABLED":
            yield f"{name} tells who is registered"
        if client.get("EnableTokenRevocation") is not True:
            yield f"{name} cannot sign out"
        if client.get("GenerateSecret"):
            yield f"{name} gives browsers a secret"


@convention(
    changed("UserPool", "Properties", "DeletionProtection", to="INACTIVE"),
    changed("UserPool", "Properties", "UsernameConfiguration", "CaseSensitive", to=True),
)
def test_users_are_protected_and_one_name_is_one_user(template: Template) -> Iterator[str]:
    for name, pool in resources(template, "AWS::Cognito::UserPool"):
        if pool["DeletionProtection"] != {"Fn::If": ["ProtectsData", "ACTIVE", "INACTIVE"]}:
            yield f"{name} is deleted by one click"
        if pool.get("UsernameConfiguration") != {"CaseSensitive": False}:
            yield f"{name} takes Ann and ann for two"


@convention(
    without("UserPool", "Properties", "UserAttributeUpdateSettings"),
    changed(
        *("UserPool", "Properties", "UserAttributeUpdateSettings"),
        to={"AttributesRequireVerificationBeforeUpdate": []},
    ),
)
def test_a_new_address_counts_once_it_is_confirmed(template: Template) -> Iterator[str]:
    """fault 56. An access token can change the address at Cognito itself."""
    for name, pool in resources(template, "AWS::Cognito::UserPool"):
        updates = pool.get("UserAttributeUpdateSettings", {})
        if updates.get("AttributesRequireVerificationBeforeUpdate") != ["email"]:
            yield f"{name} writes to an address that nobody has confirmed"
