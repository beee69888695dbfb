// SPDX-License-Identifier: MIT
#include <support/transports.hpp>

namespace {

keeps_the_contract<erased<local_executor_fixture>> const executor(__FILE__, __LINE__);
keeps_the_contract<erased<local_immediate_fixture>> const immediate(__FILE__, __LINE__);
keeps_the_contract<erased<plain_fixture>> const plain(__FILE__, __LINE__);
keeps_the_contract<erased<local_mixed_fixture>> const mixed(__FILE__, __LINE__);

keeps_objects<local_executor_fixture> const objects_executor(__FILE__, __LINE__);
keeps_objects<local_immediate_fixture> const objects_immediate(__FILE__, __LINE__);
keeps_objects<local_mixed_fixture> const objects_mixed(__FILE__, __LINE__);

} // namespace

TEST_CASE("the suite has not lost its cases on the way to the local transport") {
    CHECK(executor.count() > 50);
    CHECK(immediate.count() > 50);
    CHECK(mixed.count() > 50);
}
