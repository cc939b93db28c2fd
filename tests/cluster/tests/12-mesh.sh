# `helm test`: a call that a pod sends in at the gateway comes out as its deal's forecast.
doc test
