#include "aliases/world/run_as.h"
