module capstan/tests/peers/flux/definitions

go 1.26.0

// Only its custom resource definitions are taken: of where the controller's artifacts come from.
require github.com/fluxcd/source-controller v1.9.0
