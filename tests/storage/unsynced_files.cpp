/// The file system that loses what was not synced: each kind of loss, on plain files.
#include "tests/storage/temp_directory.hpp"
#include "tests/support/unsynced_fs.hpp"

#include <boost/test/unit_test.hpp>
#include <rocksdb/file_system.h>

#include <fstream>
#include <optional>

namespace troupe::test {
namespace {

const rocksdb::IOOptions io;

struct disk {
  temp_directory temp;
  std::string root = temp.sub("disk");
  std::shared_ptr<rocksdb::FileSystem> fs = make_unsynced_file_system(root);

  std::string at(const std::string& name) const { return root + "/" + name; }
  void lose() {
    fs.reset();
    fs = make_unsynced_file_system(root);
  }
  std::unique_ptr<rocksdb::FSWritableFile> create(const std::string& name) {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    BOOST_REQUIRE(fs->NewWritableFile(at(name), {}, &file, nullptr).ok());
    return file;
  }
  std::unique_ptr<rocksdb::FSWritableFile> reopen(const std::string& name) {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    BOOST_REQUIRE(fs->ReopenWritableFile(at(name), {}, &file, nullptr).ok());
    return file;
  }
  void sync(const std::string& directory) {
    std::unique_ptr<rocksdb::FSDirectory> handle;
    BOOST_REQUIRE(fs->NewDirectory(directory, io, &handle, nullptr).ok());
    BOOST_REQUIRE(handle->Fsync(io, nullptr).ok());
  }
  /// A file with its data and its name durable.
  void keep(const std::string& name, const std::string& data) {
    auto file = create(name);
    BOOST_REQUIRE(file->Append(data, io, nullptr).ok());
    BOOST_REQUIRE(file->Fsync(io, nullptr).ok());
    BOOST_REQUIRE(file->Close(io, nullptr).ok());
    sync(root);
  }
  std::optional<std::string> read(const std::string& name) const {
    std::ifstream in(at(name), std::ios::binary);
    if (!in) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  bool holds(const std::string& name, const std::string& data) const { return read(name) == data; }
  bool gone(const std::string& name) const { return !std::filesystem::exists(at(name)); }
};

void append(rocksdb::FSWritableFile& file, const std::string& data) {
  BOOST_REQUIRE(file.Append(data, io, nullptr).ok());
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(unsynced_files, disk)

BOOST_AUTO_TEST_CASE(what_was_synced_stays) {
  keep("a", "hello");
  lose();
  BOOST_TEST(holds("a", "hello"));
}

BOOST_AUTO_TEST_CASE(data_behind_the_last_sync_is_cut_off) {
  keep("a", "hello");
  const auto file = reopen("a");
  append(*file, " world");
  BOOST_REQUIRE(file->Sync(io, nullptr).ok());
  append(*file, ", and more");
  BOOST_TEST(holds("a", "hello world, and more"));
  lose();
  BOOST_TEST(holds("a", "hello world"));
}

BOOST_AUTO_TEST_CASE(neither_close_nor_flush_nor_range_sync_is_a_sync) {
  const auto file = create("a");
  append(*file, "data");
  BOOST_REQUIRE(file->RangeSync(0, 4, io, nullptr).ok());
  BOOST_REQUIRE(file->Flush(io, nullptr).ok());
  BOOST_REQUIRE(file->Close(io, nullptr).ok());
  sync(root);
  lose();
  BOOST_TEST(holds("a", ""));
}

BOOST_AUTO_TEST_CASE(a_name_without_a_sync_of_its_directory_vanishes) {
  const auto file = create("a");
  append(*file, "data");
  BOOST_REQUIRE(file->Fsync(io, nullptr).ok());
  lose();
  BOOST_TEST(gone("a"));
}

BOOST_AUTO_TEST_CASE(opening_a_closed_file_again_does_not_make_its_data_durable) {
  {
    const auto file = create("a");
    append(*file, "lost");
    sync(root);
    BOOST_REQUIRE(file->Close(io, nullptr).ok());
  }
  (void)reopen("a");
  lose();
  BOOST_TEST(holds("a", ""));
}

BOOST_AUTO_TEST_CASE(a_sync_through_a_file_opened_again_counts_for_all_of_it) {
  {
    const auto file = create("a");
    append(*file, "first");
    BOOST_REQUIRE(file->Close(io, nullptr).ok());
  }
  BOOST_REQUIRE(reopen("a")->Fsync(io, nullptr).ok());
  sync(root);
  lose();
  BOOST_TEST(holds("a", "first"));
}

BOOST_AUTO_TEST_CASE(a_deletion_is_undone_until_the_directory_is_synced) {
  keep("a", "1");
  keep("b", "2");
  BOOST_REQUIRE(fs->DeleteFile(at("a"), io, nullptr).ok());
  sync(root);
  BOOST_REQUIRE(fs->DeleteFile(at("b"), io, nullptr).ok());
  lose();
  BOOST_TEST(gone("a"));
  BOOST_TEST(holds("b", "2"));
}

BOOST_AUTO_TEST_CASE(a_deleted_file_comes_back_without_its_unsynced_tail) {
  keep("a", "kept");
  append(*reopen("a"), " lost");
  BOOST_REQUIRE(fs->DeleteFile(at("a"), io, nullptr).ok());
  lose();
  BOOST_TEST(holds("a", "kept"));
}

BOOST_AUTO_TEST_CASE(a_rename_is_undone_until_the_directory_is_synced) {
  keep("a", "1");
  BOOST_REQUIRE(fs->RenameFile(at("a"), at("b"), io, nullptr).ok());
  lose();
  BOOST_TEST(holds("a", "1"));
  BOOST_TEST(gone("b"));
  BOOST_REQUIRE(fs->RenameFile(at("a"), at("b"), io, nullptr).ok());
  sync(root);
  lose();
  BOOST_TEST(gone("a"));
  BOOST_TEST(holds("b", "1"));
}

BOOST_AUTO_TEST_CASE(a_rename_over_a_file_gives_that_file_back) {
  keep("CURRENT", "old");
  keep("new", "new");
  BOOST_REQUIRE(fs->RenameFile(at("new"), at("CURRENT"), io, nullptr).ok());
  BOOST_TEST(holds("CURRENT", "new"));
  lose();
  BOOST_TEST(holds("CURRENT", "old"));
  BOOST_TEST(holds("new", "new"));
}

BOOST_AUTO_TEST_CASE(changes_of_one_name_are_undone_in_their_order) {
  keep("a", "1");
  BOOST_REQUIRE(fs->DeleteFile(at("a"), io, nullptr).ok());
  append(*create("a"), "2");
  BOOST_REQUIRE(fs->RenameFile(at("a"), at("b"), io, nullptr).ok());
  append(*create("a"), "3");
  lose();
  BOOST_TEST(holds("a", "1"));
  BOOST_TEST(gone("b"));
}

BOOST_AUTO_TEST_CASE(writing_a_file_anew_gives_the_old_one_back) {
  keep("a", "old and long");
  const auto file = create("a");
  append(*file, "new");
  BOOST_REQUIRE(file->Fsync(io, nullptr).ok());
  lose();
  BOOST_TEST(holds("a", "old and long"));
}

BOOST_AUTO_TEST_CASE(reusing_a_file_is_a_rename_and_a_new_file) {
  keep("old", "1");
  std::unique_ptr<rocksdb::FSWritableFile> file;
  BOOST_REQUIRE(fs->ReuseWritableFile(at("new"), at("old"), {}, &file, nullptr).ok());
  append(*file, "2");
  BOOST_TEST(gone("old"));
  BOOST_TEST(holds("new", "2"));
  lose();
  BOOST_TEST(holds("old", "1"));
  BOOST_TEST(gone("new"));
}

BOOST_AUTO_TEST_CASE(a_link_vanishes_and_its_file_stays) {
  keep("a", "1");
  BOOST_REQUIRE(fs->LinkFile(at("a"), at("b"), io, nullptr).ok());
  BOOST_TEST(holds("b", "1"));
  BOOST_TEST(!fs->LinkFile(at("a"), at("b"), io, nullptr).ok());
  lose();
  BOOST_TEST(holds("a", "1"));
  BOOST_TEST(gone("b"));
}

BOOST_AUTO_TEST_CASE(a_link_and_the_removal_of_the_first_name) {
  keep("a", "1");
  BOOST_REQUIRE(fs->LinkFile(at("a"), at("b"), io, nullptr).ok());
  sync(root);
  BOOST_REQUIRE(fs->DeleteFile(at("a"), io, nullptr).ok());
  lose();
  BOOST_TEST(holds("a", "1"));
  BOOST_TEST(holds("b", "1"));
}

BOOST_AUTO_TEST_CASE(a_directory_vanishes_with_all_that_is_in_it) {
  BOOST_REQUIRE(fs->CreateDir(at("d"), io, nullptr).ok());
  BOOST_REQUIRE(fs->CreateDirIfMissing(at("d/e"), io, nullptr).ok());
  BOOST_REQUIRE(create("d/f")->Fsync(io, nullptr).ok());
  sync(at("d"));
  lose();
  BOOST_TEST(gone("d"));
  BOOST_REQUIRE(fs->CreateDir(at("d"), io, nullptr).ok());
  sync(root);
  BOOST_REQUIRE(fs->CreateDirIfMissing(at("d"), io, nullptr).ok());
  lose();
  BOOST_TEST(!gone("d"));
  BOOST_REQUIRE(fs->DeleteDir(at("d"), io, nullptr).ok());
  lose();
  BOOST_TEST(!gone("d"));
}

BOOST_AUTO_TEST_CASE(each_directory_is_synced_for_itself) {
  BOOST_REQUIRE(fs->CreateDir(at("d"), io, nullptr).ok());
  sync(root);
  BOOST_REQUIRE(create("d/in")->Fsync(io, nullptr).ok());
  BOOST_REQUIRE(create("out")->Fsync(io, nullptr).ok());
  sync(root + "/d/");
  lose();
  BOOST_TEST(!gone("d/in"));
  BOOST_TEST(gone("out"));
}

BOOST_AUTO_TEST_CASE(a_loss_happens_once) {
  keep("a", "1");
  append(*reopen("a"), "2");
  lose();
  std::ofstream(at("a"), std::ios::app) << "3";
  lose();
  BOOST_TEST(holds("a", "13"));
}

BOOST_AUTO_TEST_CASE(a_journal_line_that_was_cut_short_counts_for_nothing) {
  keep("a", "1");
  fs.reset();
  std::ofstream(root + ".journal", std::ios::app) << "+\t" << at("a");
  lose();
  BOOST_TEST(holds("a", "1"));
}

BOOST_AUTO_TEST_CASE(files_outside_are_left_alone) {
  const auto outside = temp.path() + "/outside";
  std::unique_ptr<rocksdb::FSWritableFile> file;
  BOOST_REQUIRE(fs->NewWritableFile(outside, {}, &file, nullptr).ok());
  append(*file, "data");
  file.reset();
  lose();
  BOOST_TEST(std::filesystem::file_size(outside) == 4u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace troupe::test
