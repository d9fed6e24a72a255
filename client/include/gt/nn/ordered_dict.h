// A dictionary that remembers the order of insertion, as named_parameters() returns.
#pragma once

#include <gt/error.h>

#include <initializer_list>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gt {

/// Keys are unique. Iterating visits items in the order in which they were inserted.
template <class Key, class Value>
class OrderedDict {
 public:
  /// A key with its value: `item.key()`, `item.value()`, `*item`.
  class Item {
   public:
    Item(Key key, Value value) : pair_(std::move(key), std::move(value)) {}
    [[nodiscard]] Value& operator*() { return pair_.second; }
    [[nodiscard]] const Value& operator*() const { return pair_.second; }
    [[nodiscard]] Value* operator->() { return &pair_.second; }
    [[nodiscard]] const Value* operator->() const { return &pair_.second; }
    [[nodiscard]] const Key& key() const noexcept { return pair_.first; }
    [[nodiscard]] Value& value() noexcept { return pair_.second; }
    [[nodiscard]] const Value& value() const noexcept { return pair_.second; }
    [[nodiscard]] const std::pair<Key, Value>& pair() const noexcept { return pair_; }

   private:
    std::pair<Key, Value> pair_;
  };

  using Iterator = typename std::vector<Item>::iterator;
  using ConstIterator = typename std::vector<Item>::const_iterator;

  /// `description` names what a key stands for in errors.
  explicit OrderedDict(std::string description = "Key") : description_(std::move(description)) {}
  OrderedDict(std::initializer_list<Item> items) : description_("Key") {
    for (const Item& item : items) insert(item.key(), item.value());
  }

  [[nodiscard]] bool contains(const Key& key) const { return index_.count(key) != 0; }
  [[nodiscard]] Value* find(const Key& key) {
    const auto found = index_.find(key);
    return found != index_.end() ? &items_[found->second].value() : nullptr;
  }
  [[nodiscard]] const Value* find(const Key& key) const {
    const auto found = index_.find(key);
    return found != index_.end() ? &items_[found->second].value() : nullptr;
  }
  /// Throws gt::Error if the key is not there.
  [[nodiscard]] Value& operator[](const Key& key) {
    if (Value* value = find(key)) return *value;
    throw Error(description_ + " '" + key + "' is not defined");
  }
  [[nodiscard]] const Value& operator[](const Key& key) const {
    if (const Value* value = find(key)) return *value;
    throw Error(description_ + " '" + key + "' is not defined");
  }
  [[nodiscard]] Item& operator[](std::size_t position) { return items_.at(position); }
  [[nodiscard]] const Item& operator[](std::size_t position) const { return items_.at(position); }
  [[nodiscard]] Item& front() { return items_.front(); }
  [[nodiscard]] Item& back() { return items_.back(); }

  /// Throws gt::Error `Parameter 'a' already defined` for a key that is there.
  Value& insert(Key key, Value value) {
    if (contains(key)) throw Error(description_ + " '" + key + "' already defined");
    index_.emplace(key, items_.size());
    items_.emplace_back(std::move(key), std::move(value));
    return items_.back().value();
  }
  void update(const OrderedDict& other) {
    for (const Item& item : other) insert(item.key(), item.value());
  }
  void erase(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) throw Error(description_ + " '" + key + "' is not defined");
    const std::size_t position = found->second;
    index_.erase(found);
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(position));
    for (auto& entry : index_)
      if (entry.second > position) --entry.second;
  }
  void clear() {
    index_.clear();
    items_.clear();
  }
  void reserve(std::size_t count) {
    index_.reserve(count);
    items_.reserve(count);
  }

  [[nodiscard]] Iterator begin() { return items_.begin(); }
  [[nodiscard]] Iterator end() { return items_.end(); }
  [[nodiscard]] ConstIterator begin() const { return items_.begin(); }
  [[nodiscard]] ConstIterator end() const { return items_.end(); }
  [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
  [[nodiscard]] bool is_empty() const noexcept { return items_.empty(); }
  [[nodiscard]] const std::vector<Item>& items() const noexcept { return items_; }
  [[nodiscard]] const std::string& key_description() const noexcept { return description_; }

  [[nodiscard]] std::vector<Key> keys() const {
    std::vector<Key> result;
    result.reserve(items_.size());
    for (const Item& item : items_) result.push_back(item.key());
    return result;
  }
  [[nodiscard]] std::vector<Value> values() const {
    std::vector<Value> result;
    result.reserve(items_.size());
    for (const Item& item : items_) result.push_back(item.value());
    return result;
  }
  [[nodiscard]] std::vector<std::pair<Key, Value>> pairs() const {
    std::vector<std::pair<Key, Value>> result;
    result.reserve(items_.size());
    for (const Item& item : items_) result.push_back(item.pair());
    return result;
  }

 private:
  std::unordered_map<Key, std::size_t> index_;
  std::vector<Item> items_;
  std::string description_;
};

}  // namespace gt
