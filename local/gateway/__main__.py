"""`python -m local.gateway`"""

from local.gateway.app import main

main()
