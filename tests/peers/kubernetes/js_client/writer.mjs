// Writes to a cluster as programs do that use Kubernetes' own JavaScript client: creates, patches in every way there is,
// scales, replaces and deletes, by chance. Says at its end as JSON what it did how often, and what of its own is left.
//
// writer.mjs KUBECONFIG NAMESPACE SEED STEPS; the client is found beside it.
import * as k8s from "@kubernetes/client-node";

const [kubeconfig, namespace, seed, steps] = process.argv.slice(2);
const FIELD_MANAGER = "js-writer";
const NAMES = ["alpha", "beta", "gamma", "delta"];

let state = Number(seed) >>> 0;
function below(limit) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
}

const config = new k8s.KubeConfig();
config.loadFromFile(kubeconfig);
const core = config.makeApiClient(k8s.CoreV1Api);
const apps = config.makeApiClient(k8s.AppsV1Api);
const objects = k8s.KubernetesObjectApi.makeApiClient(config);

const deployment = (name) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace, labels: { written: "by-js" } },
  spec: {
    replicas: below(3),
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "main", image: "registry.example/app:1", ports: [{ containerPort: 8080 }] }] },
    },
  },
});
const service = (name) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace },
  spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
});

const patched = (contentType) => k8s.setHeaderOptions("Content-Type", contentType);

const actions = {
  create: (name) => apps.createNamespacedDeployment({ namespace, body: deployment(name), fieldManager: FIELD_MANAGER }),
  serve: (name) => core.createNamespacedService({ namespace, body: service(name), fieldManager: FIELD_MANAGER }),
  relabel: (name) =>
    core.patchNamespacedService(
      { name, namespace, body: [{ op: "replace", path: "/spec/selector", value: { app: NAMES[below(NAMES.length)] } }] },
      patched(k8s.PatchStrategy.JsonPatch),
    ),
  annotate: (name) =>
    apps.patchNamespacedDeployment(
      { name, namespace, body: { metadata: { annotations: { turn: String(below(1000)) } } } },
      patched(k8s.PatchStrategy.MergePatch),
    ),
  image: (name) =>
    apps.patchNamespacedDeployment(
      { name, namespace, body: { spec: { template: { spec: { containers: [{ name: "main", image: `registry.example/app:${below(9)}` }] } } } } },
      patched(k8s.PatchStrategy.StrategicMergePatch),
    ),
  apply: (name) =>
    objects.patch(deployment(name), undefined, undefined, FIELD_MANAGER, true, k8s.PatchStrategy.ServerSideApply),
  scale: async (name) => {
    const scale = await apps.readNamespacedDeploymentScale({ name, namespace });
    scale.spec.replicas = below(4);
    await apps.replaceNamespacedDeploymentScale({ name, namespace, body: scale });
  },
  replace: async (name) => {
    const found = await core.readNamespacedService({ name, namespace });
    found.metadata.labels = { turn: String(below(1000)) };
    await core.replaceNamespacedService({ name, namespace, body: found });
  },
  unserve: (name) => core.deleteNamespacedService({ name, namespace }),
  remove: (name) => apps.deleteNamespacedDeployment({ name, namespace, propagationPolicy: "Background" }),
};

const done = {};
const refused = {};
for (let step = 0; step < Number(steps); ++step) {
  const kinds = Object.keys(actions);
  const kind = kinds[below(kinds.length)];
  try {
    await actions[kind](NAMES[below(NAMES.length)]);
    done[kind] = (done[kind] ?? 0) + 1;
  } catch (error) {
    // What is there already, is not there, or was changed by somebody else meanwhile.
    if (![404, 409].includes(error.code)) throw error;
    refused[kind] = (refused[kind] ?? 0) + 1;
  }
}
const left = [
  ...(await apps.listNamespacedDeployment({ namespace })).items.map((one) => `k8s_deployment/${one.metadata.name}`),
  ...(await core.listNamespacedService({ namespace })).items.map((one) => `k8s_service/${one.metadata.name}`),
];
console.log(JSON.stringify({ done, refused, left: left.sort() }));
