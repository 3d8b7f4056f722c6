"""Changes to the emulator's Cognito: it accepts requests that Cognito refuses.

Each rule states what Cognito does, with its source. "Guide" is the Amazon Cognito developer guide,
"API" the Amazon Cognito user pools API reference. Where AWS documents no error message, it is one
that users of Cognito have reported.

Upstream: yes, one module at a time, in the order of the imports below.
"""

# An import applies the changes. Rules of one operation apply in the order of these imports.
from . import names  # noqa: F401, I001
from . import profiles  # noqa: F401
from . import passwords  # noqa: F401
from . import codes  # noqa: F401
from . import addresses  # noqa: F401
from . import sessions  # noqa: F401
from . import lockout  # noqa: F401
from . import authenticators  # noqa: F401
from . import tokens  # noqa: F401
