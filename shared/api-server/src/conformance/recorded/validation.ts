import { type KubeObject } from "@sluice/api";
import { parseYamlStream } from "@sluice/base";
import { create, type RecordedCase } from "./recorded-case.ts";

const manifests = `
{apiVersion: v1, kind: ConfigMap, metadata: {name: Bad_Name}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {"bad key": x, a/b/c: x, /a: x, good: "bad value!"}, annotations: {"bad key": x}}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: keys}, data: {"bad key": x, "..": y, ok: z}, binaryData: {ok: YQ==}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: owned, ownerReferences: [{apiVersion: v1, kind: A, name: a, uid: u, controller: true}, {apiVersion: v1, kind: B, name: b, uid: v, controller: true}]}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: wrong}, data: {a: 1}}
---
{apiVersion: v1, kind: Secret, metadata: {name: s1}, type: kubernetes.io/tls, data: {}}
---
{apiVersion: v1, kind: Secret, metadata: {name: s2}, type: kubernetes.io/dockerconfigjson, data: {.dockerconfigjson: YQ==}}
---
{apiVersion: v1, kind: Secret, metadata: {name: s3}, data: {a: "!"}}
---
{apiVersion: v1, kind: Secret, metadata: {name: s4}, type: kubernetes.io/basic-auth}
---
{apiVersion: v1, kind: Secret, metadata: {name: s5}, type: kubernetes.io/ssh-auth}
---
{apiVersion: v1, kind: Secret, metadata: {name: s6}, type: kubernetes.io/service-account-token}
---
{apiVersion: v1, kind: Namespace, metadata: {name: Bad.Name}}
---
{apiVersion: v1, kind: Service, metadata: {name: 1bad}, spec: {ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: none}, spec: {}}
---
{apiVersion: v1, kind: Service, metadata: {name: ports}, spec: {ports: [{port: 0}, {port: 70000, name: a}, {port: 80, name: A_, targetPort: 0x, protocol: X}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: dup}, spec: {ports: [{port: 80, name: a}, {port: 80, name: b}, {port: 81, name: a}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: unnamed}, spec: {ports: [{port: 80}, {port: 81}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: type}, spec: {type: Bogus, sessionAffinity: X, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: ext}, spec: {type: ExternalName}}
---
{apiVersion: v1, kind: Service, metadata: {name: np}, spec: {ports: [{port: 80, nodePort: 30000}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: sel}, spec: {selector: {"bad key": "bad value!"}, ports: [{port: 80}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: empty}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: mismatch}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: c}}, spec: {containers: [{name: a, image: b}]}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: emptysel}, spec: {selector: {}, template: {metadata: {labels: {a: c}}, spec: {containers: [{name: a, image: b}]}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: badsel}, spec: {selector: {matchExpressions: [{key: a, operator: Foo}, {key: b, operator: In}, {key: c, operator: Exists, values: [x]}]}, template: {metadata: {labels: {a: c}}, spec: {containers: [{name: a, image: b}]}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: negative}, spec: {replicas: -1, minReadySeconds: -1, progressDeadlineSeconds: 0, revisionHistoryLimit: -1, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: strategy}, spec: {strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: strategy2}, spec: {strategy: {type: Bogus}, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: strategy3}, spec: {strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: strategy4}, spec: {strategy: {rollingUpdate: {maxSurge: foo, maxUnavailable: 150%}}, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: none}, spec: {containers: []}}
---
{apiVersion: v1, kind: Pod, metadata: {name: names}, spec: {containers: [{image: a}, {name: Bad_, image: a}, {name: dup, image: a}, {name: dup, image: ""}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: ports}, spec: {containers: [{name: a, image: a, ports: [{containerPort: 0}, {containerPort: 70000}, {containerPort: 1, name: Bad_name_that_is_long}, {containerPort: 2, name: x}, {containerPort: 3, name: x}, {containerPort: 4, protocol: FOO}, {containerPort: 5, hostPort: 99999}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: env}, spec: {containers: [{name: a, image: a, env: [{name: ""}, {name: "a=b"}, {name: x, value: a, valueFrom: {fieldRef: {fieldPath: metadata.name}}}, {name: y, valueFrom: {}}, {name: z, valueFrom: {fieldRef: {fieldPath: spec.foo}}}, {name: w, valueFrom: {secretKeyRef: {name: s}}}, {name: v, valueFrom: {configMapKeyRef: {key: s}}}], envFrom: [{}, {configMapRef: {name: ""}}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: resources}, spec: {containers: [{name: a, image: a, resources: {requests: {cpu: 2, memory: -1, foo: 1}, limits: {cpu: 1, example.com/gpu: 0.5}}}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: quantity}, spec: {containers: [{name: a, image: a, resources: {requests: {cpu: 1x}}}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: probes}, spec: {containers: [{name: a, image: a, livenessProbe: {httpGet: {port: 0, scheme: foo}, initialDelaySeconds: -1, successThreshold: 2}, readinessProbe: {}, startupProbe: {exec: {}, tcpSocket: {port: bad_name_}}}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: mounts}, spec: {containers: [{name: a, image: a, volumeMounts: [{name: nope, mountPath: /a}, {name: v, mountPath: ""}, {name: v, mountPath: /b}, {name: v, mountPath: /b}, {name: "", mountPath: /c}]}], volumes: [{name: v, emptyDir: {}}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: volumes}, spec: {containers: [{name: a, image: a}], volumes: [{name: v, emptyDir: {}}, {name: v, emptyDir: {}}, {name: Bad_, emptyDir: {}}, {name: two, emptyDir: {}, hostPath: {path: /x}}, {name: h, hostPath: {path: ""}}, {name: s, secret: {}}, {name: c, configMap: {}}, {name: p, persistentVolumeClaim: {}}, {name: i, configMap: {name: x, items: [{key: a}, {path: ../b, key: k}]}}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: policy}, spec: {restartPolicy: Bogus, dnsPolicy: Bogus, terminationGracePeriodSeconds: -1, activeDeadlineSeconds: 0, nodeName: "Bad_", serviceAccountName: "Bad_", nodeSelector: {"bad key": "x"}, containers: [{name: a, image: a, imagePullPolicy: Bogus, terminationMessagePolicy: Bogus}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: security}, spec: {securityContext: {runAsUser: -1, fsGroup: -1}, containers: [{name: a, image: a, securityContext: {runAsUser: -2, allowPrivilegeEscalation: false}}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: tolerations}, spec: {tolerations: [{operator: Equal}, {key: a, operator: Bogus}, {key: "bad key"}, {key: a, operator: Exists, value: x}, {key: a, effect: Bogus}, {key: b, tolerationSeconds: 1}], containers: [{name: a, image: a}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: inits}, spec: {initContainers: [{name: a, image: a, livenessProbe: {exec: {command: [x]}}}, {name: b, image: b, restartPolicy: Never}], containers: [{name: a, image: a}]}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: sts}, spec: {podManagementPolicy: Bogus, updateStrategy: {type: Bogus}, replicas: -1, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: c}}, spec: {containers: [{name: a, image: b}]}}}}
---
{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: ds}, spec: {updateStrategy: {rollingUpdate: {maxUnavailable: 0}}, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: c}}, spec: {containers: [{name: a, image: b}]}}}}
---
{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: rs}, spec: {replicas: -1, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: c}}, spec: {containers: [{name: a, image: b}]}}}}
---
{apiVersion: batch/v1, kind: Job, metadata: {name: always}, spec: {template: {spec: {containers: [{name: a, image: b}]}}}}
---
{apiVersion: batch/v1, kind: Job, metadata: {name: negative}, spec: {parallelism: -1, completions: -1, backoffLimit: -1, activeDeadlineSeconds: -1, ttlSecondsAfterFinished: -1, template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}}
---
{apiVersion: batch/v1, kind: Job, metadata: {name: sel}, spec: {selector: {matchLabels: {a: b}}, template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}}
---
{apiVersion: batch/v1, kind: CronJob, metadata: {name: sched}, spec: {schedule: "bogus", concurrencyPolicy: X, startingDeadlineSeconds: -1, timeZone: Mars/X, successfulJobsHistoryLimit: -1, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}}}}
---
{apiVersion: batch/v1, kind: CronJob, metadata: {name: nosched}, spec: {schedule: "", jobTemplate: {spec: {template: {spec: {restartPolicy: Always, containers: [{name: a, image: b}]}}}}}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: none}, spec: {}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: paths}, spec: {rules: [{host: Bad_host, http: {paths: [{path: foo, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}, {path: /a, backend: {service: {name: a, port: {number: 80}}}}, {path: /b, pathType: Bogus, backend: {service: {name: a, port: {number: 80}}}}, {path: /c, pathType: Exact, backend: {}}, {path: /d//e, pathType: Exact, backend: {service: {name: "", port: {}}}}, {path: /f, pathType: Exact, backend: {service: {name: a, port: {number: 0, name: x}}}}]}}, {host: "*.example.com"}, {host: "a.*.com"}, {host: 1.2.3.4}, {http: {paths: []}}]}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: tls}, spec: {ingressClassName: Bad_, tls: [{hosts: [Bad_], secretName: Bad_}], defaultBackend: {service: {name: a, port: {number: 70000}}, resource: {kind: a, name: b}}}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: np}, spec: {podSelector: {matchLabels: {a: "bad value!"}}, policyTypes: [Bogus], ingress: [{from: [{}, {ipBlock: {cidr: foo}}, {ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/8]}}, {podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 0}, {port: Bad_}, {protocol: X, port: 1}, {port: 5, endPort: 2}]}]}}
---
{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: both}, spec: {minAvailable: 1, maxUnavailable: 1, selector: {}}}
---
{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: bad}, spec: {minAvailable: foo, selector: {matchLabels: {a: "bad value!"}}}}
---
{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: neg}, spec: {maxUnavailable: -1}}
---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: hpa}, spec: {scaleTargetRef: {}, minReplicas: 0, maxReplicas: 0}}
---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: hpa2}, spec: {scaleTargetRef: {kind: Deployment, name: a}, minReplicas: 5, maxReplicas: 2, metrics: [{type: Bogus}, {type: Resource}, {type: Resource, resource: {name: cpu, target: {type: Utilization}}}]}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: r}, rules: [{}, {verbs: [get]}, {verbs: [get], apiGroups: [""]}, {verbs: [get], nonResourceURLs: [/a], apiGroups: [""], resources: [a]}, {verbs: [get], nonResourceURLs: [/a]}]}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: rb}, roleRef: {}, subjects: [{}, {kind: User}, {kind: ServiceAccount, name: Bad_}, {kind: ServiceAccount, name: a, apiGroup: x}, {kind: Bogus, name: a}]}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: crb}, roleRef: {apiGroup: foo, kind: Role, name: a/b}, subjects: [{kind: ServiceAccount, name: a}]}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: "a/b"}, rules: [{verbs: [get], nonResourceURLs: [foo]}]}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: pvc}, spec: {}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: pvc2}, spec: {accessModes: [Bogus], volumeMode: X, storageClassName: Bad_, resources: {requests: {storage: "0"}}}}
---
{apiVersion: v1, kind: PersistentVolume, metadata: {name: pv}, spec: {accessModes: [Bogus]}}
---
{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: sc}, provisioner: "", reclaimPolicy: X, volumeBindingMode: Y}
---
{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: system-x}, value: 2000000000, preemptionPolicy: X}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: Bad_}}
---
{apiVersion: v1, kind: ResourceQuota, metadata: {name: rq}, spec: {hard: {pods: -1, bogus: 1}}}
---
{apiVersion: v1, kind: LimitRange, metadata: {name: lr}, spec: {limits: [{type: Container, max: {cpu: 1}, min: {cpu: 2}}]}}
---
{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: l}, spec: {leaseDurationSeconds: 0, leaseTransitions: -1, holderIdentity: ""}}
---
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: bad}, spec: {}}
---
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: wrong.example.com}, spec: {group: example.com, scope: Bogus, names: {kind: foo_, plural: Foos, shortNames: [A_]}, versions: [{name: V1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}, {name: v2, served: true, storage: true}]}}
---
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: bars.example.com}, spec: {group: example.com, scope: Namespaced, names: {kind: Bar, plural: bars}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {properties: {a: {type: array}, b: {type: string, default: 5}, c: {type: bogus}, d: {type: string, pattern: "("}}}}}}}]}}
---
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: bars.example.com}, spec: {group: example.com, scope: Namespaced, names: {kind: Bar, plural: bars}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, x-kubernetes-validations: [{rule: "self.a >"}, {rule: "1"}], properties: {a: {type: integer}}}}}}}]}}
---
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: bars.example.com}, spec: {group: example.com, scope: Namespaced, names: {kind: Bar, plural: bars}, versions: [{name: v1, served: true, storage: false, schema: {openAPIV3Schema: {type: object}}, additionalPrinterColumns: [{name: "", type: bogus, jsonPath: foo}]}]}}
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: es}, addressType: Bogus, endpoints: [{addresses: []}]}
`;

/** What each kind refuses, with the texts that users see. */
export const validationCases: readonly RecordedCase[] = parseYamlStream(manifests).map(({ value }, index) => {
  const manifest = value as KubeObject;
  return {
    name: `invalid ${manifest.kind} "${manifest.metadata.name}" (${index + 1}) is refused`,
    steps: [create(manifest, { query: "dryRun=All" })],
  };
});
