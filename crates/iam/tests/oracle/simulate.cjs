// Answers each line of standard input, a request with its policies, with the simulator's decision on a line of its own.
// argument: the folder of the npm package @cloud-copilot/iam-simulate

const path = require("node:path");
const readline = require("node:readline");
const { createRequire } = require("node:module");

const folder = path.resolve(process.argv[2]);
// Its public entry takes a request only with those condition keys that Amazon lists for an action; the engine behind it
// takes them all.
const inside = (file) => require(path.join(folder, "dist", "cjs", file));
const { authorize } = inside("core_engine/CoreSimulatorEngine.js");
const { AwsRequestImpl } = inside("request/request.js");
const { RequestContextImpl } = inside("requestContext.js");
const { DiscoveryContextKeyConstraints } = inside("context_keys/discoveryContextKeyConstraints.js");
const { loadPolicy } = createRequire(path.join(folder, "package.json"))("@cloud-copilot/iam-policy");

const load = (document, name) => (document ? loadPolicy(document, { name }) : undefined);

function decide(asked) {
  const request = new AwsRequestImpl(
    asked.principal,
    { resource: asked.resource, accountId: asked.owner },
    asked.action,
    new RequestContextImpl(asked.context),
  );
  return authorize({
    request,
    sessionPolicy: load(asked.session, "session"),
    identityPolicies: asked.identity.map((document, index) => load(document, `identity ${index}`)),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: load(asked.resourcePolicy, "resource"),
    permissionBoundaries: asked.boundary ? [load(asked.boundary, "boundary")] : undefined,
    vpcEndpointPolicies: undefined,
    simulationParameters: {
      simulationMode: "Strict",
      discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]),
    },
    serviceSettings: {},
  }).result;
}

const lines = readline.createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on("line", (line) => process.stdout.write(`${decide(JSON.parse(line))}\n`));
