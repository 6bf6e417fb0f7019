// SPDX-License-Identifier: Apache-2.0
#include "base/sync_folder.h"

#include <gtest/gtest.h>

namespace ashlar {
namespace {

TEST(SyncFolder, SyncsAFolderThatIsThereAndSaysWhichIsNot) {
  EXPECT_TRUE(SyncFolderOf("/tmp/no-such-file"));
  EXPECT_TRUE(SyncFolderOf("no-such-file"));
  auto failed = SyncFolderOf("/no-such-folder/inner/file");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(failed.error().message.find("/no-such-folder/inner"), std::string::npos);
}

}  // namespace
}  // namespace ashlar
