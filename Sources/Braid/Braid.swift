// Braid
