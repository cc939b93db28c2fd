//! throughline-mesh-tests
