import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Repositories for the builder's bench: paths and texts of their files, the same for the same size. */
export type Files = Record<string, string>;

/** Resources of each application of `overlayRepository`. */
const RESOURCES_OF_APP = 5;

/**
 * One overlay (`overlays/prod`) of `resources` resources, a multiple of ten: applications of five resources, two of them
 * generated, under an overlay with a component, patches of every form, images, replicas, labels and a namespace.
 */
export function overlayRepository(resources: number): Files {
  const apps = Array.from({ length: resources / RESOURCES_OF_APP }, (_, index) => `app-${index}`);
  return {
    ...Object.fromEntries(apps.flatMap((name) => Object.entries(applicationFiles(name, `apps/${name}`)))),
    "apps/kustomization.yaml": kustomization(["resources:", ...apps.map((name) => `- ${name}`)]),
    ...telemetryComponent(),
    "overlays/prod/kustomization.yaml": kustomization([
      "namespace: shop",
      "namePrefix: prod-",
      "resources:",
      "- ../../apps",
      "components:",
      "- ../../components/telemetry",
      "labels:",
      "- pairs: {environment: prod}",
      "  includeSelectors: true",
      "commonAnnotations: {team: storefront}",
      "images:",
      "- {name: registry.example.com/app, newTag: 2.1.0}",
      "- {name: registry.example.com/sidecar, newName: mirror.example.com/sidecar}",
      "replicas:",
      "- {name: app-0, count: 5}",
      "patches:",
      "- path: resources.yaml",
      "- target: {kind: Service}",
      '  patch: \'[{"op": "add", "path": "/spec/type", "value": "ClusterIP"}]\'',
      "- target: {kind: Deployment, name: app-.*}",
      "  patch: |",
      "    apiVersion: apps/v1",
      "    kind: Deployment",
      "    metadata: {name: any}",
      "    spec:",
      "      template:",
      "        spec:",
      "          containers:",
      "          - name: app",
      "            env: [{name: REGION, value: north}]",
    ]),
    "overlays/prod/resources.yaml": resourcesPatch("app-1"),
  };
}

/** `overlays` overlays of three environments each, as `apps/<name>/overlays/<environment>`, over shared components. */
export function monorepo(overlays: number): Files {
  const files: Files = { ...telemetryComponent() };
  const environments = ["dev", "staging", "prod"];
  for (let index = 0; index < overlays / environments.length; index += 1) {
    const name = `app-${index}`;
    Object.assign(files, applicationFiles(name, `apps/${name}/base`));
    for (const environment of environments) {
      Object.assign(files, smallOverlay(name, environment));
    }
  }
  return files;
}

/** The folders of `monorepo` that are built. */
export function overlaysOf(files: Files): string[] {
  return Object.keys(files).flatMap((path) => /^(apps\/.*\/overlays\/\w+)\/kustomization\.yaml$/.exec(path)?.[1] ?? []);
}

/** Writes the files below `root`. */
export async function writeFiles(root: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

function smallOverlay(name: string, environment: string): Files {
  const folder = `apps/${name}/overlays/${environment}`;
  return {
    [`${folder}/kustomization.yaml`]: kustomization([
      `namespace: ${name}-${environment}`,
      "resources:",
      "- ../../base",
      ...(environment === "prod" ? ["components:", "- ../../../../components/telemetry"] : []),
      "labels:",
      `- pairs: {environment: ${environment}}`,
      "images:",
      "- {name: registry.example.com/app, newTag: 2.1.0}",
      "configMapGenerator:",
      `- {name: ${name}-config, behavior: merge, literals: [LOG_LEVEL=debug]}`,
      "patches:",
      "- path: resources.yaml",
    ]),
    [`${folder}/resources.yaml`]: resourcesPatch(name),
  };
}

function telemetryComponent(): Files {
  return {
    "components/telemetry/kustomization.yaml": [
      "apiVersion: kustomize.config.k8s.io/v1alpha1",
      "kind: Component",
      "patches:",
      "- target: {kind: Deployment}",
      "  path: sidecar.yaml",
      "",
    ].join("\n"),
    "components/telemetry/sidecar.yaml": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: any
spec:
  template:
    metadata:
      annotations:
        telemetry.example.com/scrape: "true"
    spec:
      containers:
      - name: telemetry
        image: registry.example.com/sidecar:1.4.0
        ports:
        - name: metrics
          containerPort: 9102
`,
  };
}

/** A Deployment, a Service, an Ingress, and a generated ConfigMap and Secret. */
function applicationFiles(name: string, folder: string): Files {
  return {
    [`${folder}/kustomization.yaml`]: kustomization([
      "resources:",
      "- deployment.yaml",
      "- service.yaml",
      "- ingress.yaml",
      "labels:",
      `- pairs: {app.kubernetes.io/name: ${name}}`,
      "  includeTemplates: true",
      "configMapGenerator:",
      `- name: ${name}-config`,
      "  literals: [LOG_LEVEL=info, CACHE_BYTES=1048576]",
      "  files: [settings.properties]",
      "secretGenerator:",
      `- name: ${name}-token`,
      "  literals: [token=not-a-secret]",
    ]),
    [`${folder}/settings.properties`]: `name=${name}\nretries=3\ntimeout=30s\n`,
    [`${folder}/deployment.yaml`]: deploymentText(name),
    [`${folder}/service.yaml`]: serviceText(name),
    [`${folder}/ingress.yaml`]: ingressText(name),
  };
}

function deploymentText(name: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels:
    app: ${name}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      containers:
      - name: app
        image: registry.example.com/app:1.0.0
        ports:
        - name: http
          containerPort: 8080
        envFrom:
        - configMapRef:
            name: ${name}-config
        env:
        - name: TOKEN
          valueFrom:
            secretKeyRef:
              name: ${name}-token
              key: token
        readinessProbe:
          httpGet:
            path: /ready
            port: http
        resources:
          requests:
            cpu: 100m
            memory: 64Mi
`;
}

function serviceText(name: string): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  labels:
    app: ${name}
spec:
  selector:
    app: ${name}
  ports:
  - name: http
    port: 80
    targetPort: http
`;
}

function ingressText(name: string): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
spec:
  rules:
  - host: ${name}.example.com
    http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service:
            name: ${name}
            port:
              name: http
`;
}

function resourcesPatch(name: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  template:
    spec:
      containers:
      - name: app
        resources:
          limits:
            memory: 256Mi
`;
}

function kustomization(lines: readonly string[]): string {
  return ["apiVersion: kustomize.config.k8s.io/v1beta1", "kind: Kustomization", ...lines, ""].join("\n");
}
