import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@sluice/base";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiServer, startApiServer } from "./server.ts";

/** Real kubectl, if one is on the PATH: these promises are about programs written with client-go. */
const missing = spawnSync("kubectl", ["version", "--client"]).status !== 0;

let server: ApiServer;
let directory: string;
beforeAll(async () => {
  server = await startApiServer({ clock: systemClock });
  directory = await mkdtemp(join(tmpdir(), "kubectl-"));
  await writeFile(join(directory, "config"), server.kubeconfig());
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

interface Outcome {
  code: number;
  /** What it printed, errors included. */
  text: string;
}

/** Runs kubectl; `input` becomes its standard input. */
function kubectl(line: string, input = "", environment: { [name: string]: string } = {}): Promise<Outcome> {
  const env = { ...process.env, HOME: directory, KUBECONFIG: join(directory, "config"), ...environment };
  return new Promise((resolve) => {
    const child = execFile("kubectl", line.split(" "), { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, text: stdout + stderr });
    });
    child.stdin?.end(input);
  });
}

async function expectKubectl(line: string, text: RegExp | string, input = ""): Promise<void> {
  const outcome = await kubectl(line, input);
  expect(outcome.text, line).toMatch(text);
  expect(outcome.code, line).toBe(0);
}

const deployment = (namespace: string, image = "example.com/web:1") => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: ${namespace}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: "${image}", ports: [{containerPort: 80}]}]}
`;

test.skipIf(missing)(
  "kubectl apply, get, describe, diff, rollout, scale, patch, label, edit and delete work on a Deployment",
  async () => {
    await expectKubectl("create namespace one", "namespace/one created");
    await expectKubectl("apply -f -", "deployment.apps/web created", deployment("one"));
    await expectKubectl("apply -f -", "deployment.apps/web unchanged", deployment("one"));
    await expectKubectl("-n one rollout status deployment/web --timeout=20s", "successfully rolled out");
    await expectKubectl("-n one wait --for=condition=Available deployment/web --timeout=20s", "condition met");
    await expectKubectl("-n one get deployments", /NAME +READY +UP-TO-DATE +AVAILABLE +AGE\s+web +1\/1 +1 +1 /);
    await expectKubectl("-n one describe deployment web", /Image: +example.com\/web:1/);
    const diff = await kubectl("diff -f -", deployment("one", "example.com/web:2"));
    expect([diff.code, diff.text]).toEqual([1, expect.stringMatching(/^\+ +- image: example.com\/web:2$/m)]);
    await expectKubectl("apply -f -", "deployment.apps/web configured", deployment("one", "example.com/web:2"));
    await expectKubectl("-n one rollout restart deployment/web", "restarted");
    await expectKubectl("-n one scale deployment/web --replicas=3", "scaled");
    await expectKubectl("-n one label deployment/web tier=front", "labeled");
    await expectKubectl("-n one annotate deployment/web note=x", "annotated");
    const patch = await kubectl(
      '-n one patch deployment/web -p {"spec":{"template":{"spec":{"containers":[{"name":"main","env":[{"name":"A","value":"b"}]}]}}}}',
    );
    expect(patch).toMatchObject({ code: 0 });
    await expectKubectl(
      "-n one get deployment/web -o jsonpath={.spec.template.spec.containers[0].image},{.spec.replicas}",
      "example.com/web:2,3",
    );
    const edit = await kubectl("-n one edit deployment/web", "", { KUBE_EDITOR: "sed -i s/web:2/web:3/" });
    expect(edit.text).toContain("edited");
    await expectKubectl("-n one delete deployment/web", /deployment.apps "web" deleted/);
    await expectKubectl("-n one get deployments", "No resources found");
    await expectKubectl("delete namespace one", /namespace "one" deleted/);
  },
);

test.skipIf(missing)("kubectl apply --server-side tells who owns a field that it may not take", async () => {
  await expectKubectl("apply --server-side -f -", "serverside-applied", deployment("default"));
  const conflict = await kubectl(
    "apply --server-side --field-manager=other -f -",
    deployment("default", "example.com/web:9"),
  );
  expect(conflict.code).toBe(1);
  expect(conflict.text).toContain('conflict with "kubectl": .spec.template.spec.containers[name="main"].image');
  await expectKubectl(
    "apply --server-side --field-manager=other --force-conflicts -f -",
    "serverside-applied",
    deployment("default", "example.com/web:9"),
  );
});

test.skipIf(missing)(
  "kubectl create sends protobuf, and replace, explain, api-resources and auth can-i work",
  async () => {
    await expectKubectl("create configmap settings --from-literal=a=b", "configmap/settings created");
    await expectKubectl(
      "create deployment made --image=example.com/made:1 --replicas=2 --port=80",
      "deployment.apps/made created",
    );
    await expectKubectl("create job once --image=example.com/once:1", "job.batch/once created");
    await expectKubectl("expose deployment made --port=80", "service/made exposed");
    await expectKubectl("get configmap settings -o jsonpath={.data.a}", "b");
    await expectKubectl(
      "replace -f -",
      "configmap/settings replaced",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: c}\n",
    );
    await expectKubectl("explain deployment.spec.replicas", /FIELD: replicas <integer>/);
    await expectKubectl("api-resources --api-group=apps", /deployments +deploy +apps\/v1 +true +Deployment/);
    await expectKubectl("auth can-i create pods", "yes");
    await expectKubectl("get all", /deployment.apps\/made +2\/2/);
  },
);

test.skipIf(missing)(
  "a typo in a manifest is refused by kubectl apply, because the server validates fields",
  async () => {
    const outcome = await kubectl(
      "apply -f -",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: typo}\ndta: {a: b}\n",
    );
    expect(outcome.code).toBe(1);
    expect(outcome.text).toContain('unknown field "dta"');
  },
);

test.skipIf(missing)("custom resources are discovered, shown by their columns and explained", async () => {
  const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, kind: Widget, shortNames: [wd]}
  versions:
    - name: v1
      served: true
      storage: true
      additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
      schema:
        openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer, description: How big it is}}}}}
`;
  await expectKubectl("apply -f -", "created", definition);
  await expectKubectl("wait --for=condition=Established crd/widgets.example.com --timeout=20s", "condition met");
  await expectKubectl(
    "apply -f -",
    "widget.example.com/w created",
    "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 3}\n",
  );
  await expectKubectl(
    "apply -f -",
    "widget.example.com/w configured",
    "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 4}\n",
  );
  await expectKubectl("get wd", /NAME +SIZE\s+w +4/);
  await expectKubectl("explain widget.spec.size", "How big it is");
  await expectKubectl("delete crd widgets.example.com", "deleted");
});
