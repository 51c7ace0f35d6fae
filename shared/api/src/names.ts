/** Annotations, labels, finalizers and field managers that Flux's tools and users know. @source spec/flux-api.md 1.0, 1.3 */
export const requestedAtAnnotation = "reconcile.fluxcd.io/requestedAt";
export const fluxFinalizer = "finalizers.fluxcd.io";
export const ownerNameLabel = "kustomize.toolkit.fluxcd.io/name";
export const ownerNamespaceLabel = "kustomize.toolkit.fluxcd.io/namespace";
export const applyManager = "kustomize-controller";

/** Lets a build without objects prune everything that was applied before. */
export const allowEmptyAnnotation = "sluice.dev/allow-empty";
