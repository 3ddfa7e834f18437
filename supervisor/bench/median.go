package main

import "slices"

// median of an odd or even number of values, at least one.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// each is what value finds in each of samples.
func each[T any](samples []T, value func(T) float64) (values []float64) {
	for _, s := range samples {
		values = append(values, value(s))
	}
	return values
}
