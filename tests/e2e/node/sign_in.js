// Sign in with Amplify's Cognito library, by SRP, and print the ID token.
// The input is JSON: the user pool, the app client, the endpoint (AWS if empty), name and password.
const { readFileSync } = require("node:fs");
const {
  AuthenticationDetails,
  CognitoUser,
  CognitoUserPool,
} = require("amazon-cognito-identity-js");

const given = JSON.parse(readFileSync(0, "utf8"));
const Pool = new CognitoUserPool({
  UserPoolId: given.pool,
  ClientId: given.client,
  ...(given.endpoint && { endpoint: given.endpoint }),
});
const user = new CognitoUser({ Username: given.name, Pool });
const details = new AuthenticationDetails({ Username: given.name, Password: given.password });
user.authenticateUser(details, {
  onSuccess: (session) => process.stdout.write(session.getIdToken().getJwtToken()),
  onFailure: (error) => {
    process.stderr.write(`${error.name}: ${error.message}\n`);
    process.exitCode = 1;
  },
});
