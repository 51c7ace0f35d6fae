/**
 * The built-in resources, one a line: plural, kind, N (namespaced) or C (cluster), then what else there is:
 * `short=` names, `in=` categories, `sub=` subresources, `counted` (has metadata.generation), `review` (create only, nothing is stored),
 * `no-deletecollection`.
 * @source the discovery documents of kube-apiserver 1.36; what needs a kubelet (logs, exec, proxy) is left out
 */

/** The built-in groups in the order in which the API server lists them; the first version of a group is preferred. */
export const builtInGroups: readonly { group: string; version: string; resources: string }[] = [
  {
    group: "",
    version: "v1",
    resources: `
      configmaps ConfigMap N short=cm
      endpoints Endpoints N short=ep
      events Event N short=ev
      limitranges LimitRange N short=limits
      namespaces Namespace C short=ns sub=finalize,status no-deletecollection
      nodes Node C short=no sub=status
      persistentvolumeclaims PersistentVolumeClaim N short=pvc sub=status
      persistentvolumes PersistentVolume C short=pv sub=status
      pods Pod N short=po in=all sub=eviction,status counted
      podtemplates PodTemplate N counted
      replicationcontrollers ReplicationController N short=rc in=all sub=scale,status counted
      resourcequotas ResourceQuota N short=quota sub=status
      secrets Secret N
      serviceaccounts ServiceAccount N short=sa
      services Service N short=svc in=all sub=status
    `,
  },
  {
    group: "apiregistration.k8s.io",
    version: "v1",
    resources: `
      apiservices APIService C in=api-extensions sub=status
    `,
  },
  {
    group: "apps",
    version: "v1",
    resources: `
      controllerrevisions ControllerRevision N
      daemonsets DaemonSet N short=ds in=all sub=status counted
      deployments Deployment N short=deploy in=all sub=scale,status counted
      replicasets ReplicaSet N short=rs in=all sub=scale,status counted
      statefulsets StatefulSet N short=sts in=all sub=scale,status counted
    `,
  },
  {
    group: "events.k8s.io",
    version: "v1",
    resources: `
      events Event N short=ev
    `,
  },
  {
    group: "authentication.k8s.io",
    version: "v1",
    resources: `
      selfsubjectreviews SelfSubjectReview C review
      tokenreviews TokenReview C review
    `,
  },
  {
    group: "authorization.k8s.io",
    version: "v1",
    resources: `
      localsubjectaccessreviews LocalSubjectAccessReview N review
      selfsubjectaccessreviews SelfSubjectAccessReview C review
      selfsubjectrulesreviews SelfSubjectRulesReview C review
      subjectaccessreviews SubjectAccessReview C review
    `,
  },
  {
    group: "autoscaling",
    version: "v2",
    resources: `
      horizontalpodautoscalers HorizontalPodAutoscaler N short=hpa in=all sub=status
    `,
  },
  {
    group: "autoscaling",
    version: "v1",
    resources: `
      horizontalpodautoscalers HorizontalPodAutoscaler N short=hpa in=all sub=status
    `,
  },
  {
    group: "batch",
    version: "v1",
    resources: `
      cronjobs CronJob N short=cj in=all sub=status counted
      jobs Job N in=all sub=status counted
    `,
  },
  {
    group: "certificates.k8s.io",
    version: "v1",
    resources: `
      certificatesigningrequests CertificateSigningRequest C short=csr sub=approval,status
    `,
  },
  {
    group: "networking.k8s.io",
    version: "v1",
    resources: `
      ingressclasses IngressClass C counted
      ingresses Ingress N short=ing sub=status counted
      ipaddresses IPAddress C short=ip
      networkpolicies NetworkPolicy N short=netpol counted
      servicecidrs ServiceCIDR C sub=status
    `,
  },
  {
    group: "policy",
    version: "v1",
    resources: `
      poddisruptionbudgets PodDisruptionBudget N short=pdb sub=status counted
    `,
  },
  {
    group: "rbac.authorization.k8s.io",
    version: "v1",
    resources: `
      clusterrolebindings ClusterRoleBinding C
      clusterroles ClusterRole C
      rolebindings RoleBinding N
      roles Role N
    `,
  },
  {
    group: "storage.k8s.io",
    version: "v1",
    resources: `
      csidrivers CSIDriver C
      csinodes CSINode C
      csistoragecapacities CSIStorageCapacity N
      storageclasses StorageClass C short=sc
      volumeattachments VolumeAttachment C sub=status
      volumeattributesclasses VolumeAttributesClass C short=vac
    `,
  },
  {
    group: "admissionregistration.k8s.io",
    version: "v1",
    resources: `
      mutatingadmissionpolicies MutatingAdmissionPolicy C in=api-extensions counted
      mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding C in=api-extensions counted
      mutatingwebhookconfigurations MutatingWebhookConfiguration C in=api-extensions counted
      validatingadmissionpolicies ValidatingAdmissionPolicy C in=api-extensions sub=status counted
      validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding C in=api-extensions counted
      validatingwebhookconfigurations ValidatingWebhookConfiguration C in=api-extensions counted
    `,
  },
  {
    group: "apiextensions.k8s.io",
    version: "v1",
    resources: `
      customresourcedefinitions CustomResourceDefinition C short=crd,crds in=api-extensions sub=status counted
    `,
  },
  {
    group: "scheduling.k8s.io",
    version: "v1",
    resources: `
      priorityclasses PriorityClass C short=pc counted
    `,
  },
  {
    group: "coordination.k8s.io",
    version: "v1",
    resources: `
      leases Lease N
    `,
  },
  {
    group: "node.k8s.io",
    version: "v1",
    resources: `
      runtimeclasses RuntimeClass C
    `,
  },
  {
    group: "discovery.k8s.io",
    version: "v1",
    resources: `
      endpointslices EndpointSlice N counted
    `,
  },
  {
    group: "resource.k8s.io",
    version: "v1",
    resources: `
      deviceclasses DeviceClass C counted
      resourceclaims ResourceClaim N sub=status
      resourceclaimtemplates ResourceClaimTemplate N
      resourceslices ResourceSlice C counted
    `,
  },
  {
    group: "flowcontrol.apiserver.k8s.io",
    version: "v1",
    resources: `
      flowschemas FlowSchema C sub=status counted
      prioritylevelconfigurations PriorityLevelConfiguration C sub=status counted
    `,
  },
];
