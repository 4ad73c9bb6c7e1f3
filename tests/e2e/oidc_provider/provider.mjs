// oidc-provider at its defaults: claims of a scope are told by userinfo, not by the id token.
// Prints its port; everybody who comes is signed in as Ana. Ends with its standard input.
import http from "node:http";
import { Provider } from "oidc-provider";

const [client_id, client_secret, redirect_uri] = process.argv.slice(2);
const ANA = { email: "ana@example.com", email_verified: true, name: "Ana" };

const server = http.createServer();
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [{ client_id, client_secret, redirect_uris: [redirect_uri] }],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    cookies: { keys: ["for this test alone"] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/login/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...ANA }) }),
    async loadExistingGrant(ctx) {
      const accountId = ctx.oidc.session.accountId;
      const grant = new ctx.oidc.provider.Grant({ clientId: client_id, accountId });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
  });
  const serve = provider.callback();
  server.on("request", (request, response) => {
    if (request.url.startsWith("/login/")) {
      provider.interactionFinished(request, response, { login: { accountId: "ana" } });
    } else {
      serve(request, response);
    }
  });
  console.log(`port ${port}`);
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
