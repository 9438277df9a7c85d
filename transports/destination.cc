#include "transports/destination.h"
