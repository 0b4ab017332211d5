import Braid

/// An f32 array of one axis.
func vector(_ values: Float...) -> NDArray { NDArray(values) }
