#include "BraidKernels.h"
