// What of the mock's fleet differs from its manifests: a repository with drift, and one that cannot be reached.
import type { FieldDrift, Manifests, ObjectDrift } from '../src/api/drift';
import type { Json } from '../src/api/types';

const FILE = 'deploy/shop.yaml';

export function createManifests(now: number): Manifests[] {
  const ago = (minutes: number) => new Date(now - minutes * 60_000).toISOString();
  const field = (
    path: string,
    steps: FieldDrift['steps'],
    should: Json,
    is: Json,
    line: number,
    rest: Partial<FieldDrift> = {},
  ): FieldDrift => ({
    path,
    steps,
    should,
    is,
    hidden: false,
    by_right: '',
    owner: { manager: 'kubectl-edit', operation: 'Update', subresource: '', at: ago(42) },
    seen: ago(42),
    where: { file: FILE, line, column: 3 },
    ...rest,
  });
  const object = (
    kind: string,
    namespace: string,
    name: string,
    rest: Partial<ObjectDrift> = {},
  ): ObjectDrift => ({
    document: 0,
    id: `k8s_${kind.toLowerCase()}/prod/${namespace}/${name}`,
    api_version: kind === 'Deployment' ? 'apps/v1' : 'v1',
    kind,
    namespace,
    name,
    where: { file: FILE, line: 1, column: 1 },
    state: 'differs',
    source: 'server',
    drift: true,
    says: '',
    defined_by: '',
    gone: null,
    fields: [],
    ...rest,
  });
  const container = { key: { name: 'web-0' } };
  const drifts = [
    object('Deployment', 'shop', 'web-0', {
      defined_by: 'Argo CD: shop of https://git.example.org/shop.git',
      fields: [
        field('metadata.labels.tier', ['metadata', 'labels', 'tier'], 'front', 'back', 12),
        field('spec.replicas', ['spec', 'replicas'], 2, 5, 14, {
          owner: { manager: 'kubectl', operation: 'Update', subresource: 'scale', at: null },
        }),
        field(
          'spec.template.spec.containers[name=web-0].image',
          ['spec', 'template', 'spec', 'containers', container, 'image'],
          'nginx:1.29',
          'nginx:latest',
          28,
        ),
        field(
          'spec.template.spec.containers[name=web-0].env[name=DB_PASSWORD].value',
          [
            'spec',
            'template',
            'spec',
            'containers',
            container,
            'env',
            { key: { name: 'DB_PASSWORD' } },
            'value',
          ],
          '***',
          '***',
          31,
          { hidden: true, owner: null },
        ),
      ],
    }),
    object('Service', 'shop', 'api-9', {
      state: 'missing',
      where: { file: FILE, line: 52, column: 1 },
      gone: ago(17),
    }),
    object('ConfigMap', 'bank', 'legacy', {
      id: 'k8s_config_map/prod/bank/legacy',
      state: 'extra',
      where: null,
    }),
    object('Deployment', 'bank', 'api-0', {
      drift: false,
      fields: [
        field('spec.replicas', ['spec', 'replicas'], 2, 4, 9, {
          by_right: 'the autoscaler bank/api-0 sets it',
          owner: {
            manager: 'kube-controller-manager',
            operation: 'Update',
            subresource: 'scale',
            at: ago(3),
          },
        }),
      ],
    }),
    object('Gateway', 'shop', 'front', {
      id: 'k8s_object/prod/shop/front',
      state: 'not_compared',
      drift: false,
      says: 'the type Gateway is not known to the cluster',
      where: { file: 'deploy/gateway.yaml', line: 1, column: 1 },
    }),
  ];
  return [
    {
      name: 'shop',
      repository: 'https://git.example.org/shop.git',
      ref: 'main',
      path: 'deploy',
      commit: '3f2a9c1d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a39',
      looked: ago(0.2),
      compared: ago(1),
      error: '',
      report: {
        cluster: 'prod',
        drift: true,
        complete: false,
        objects: 24,
        compared_by: { server: 22, object: 1, catalog: 0 },
        drifts,
        problems: [
          {
            message: 'expected a kind and an apiVersion',
            where: { file: 'deploy/notes.yaml', line: 3, column: 1 },
          },
        ],
        check: null,
      },
      patches: {
        cluster: `---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-0
  namespace: shop
  labels:
    tier: front
spec:
  replicas: 2
`,
        files: `--- a/deploy/shop.yaml
+++ b/deploy/shop.yaml
@@ -11,4 +11,4 @@
   labels:
-    tier: front
+    tier: back
 spec:
-  replicas: 2
+  replicas: 5
`,
        left_out: [
          {
            message:
              'spec.template.spec.containers[name=web-0].env[name=DB_PASSWORD].value is a secret: change it by hand',
            where: { file: FILE, line: 1, column: 1 },
          },
        ],
      },
    },
    {
      name: 'billing',
      repository: 'ssh://git.example.org/billing.git',
      ref: '',
      path: '',
      commit: '',
      looked: ago(0.2),
      compared: null,
      error: 'git: could not reach git.example.org: connection refused',
      report: null,
      patches: null,
    },
  ];
}
