def started():
    import gc
    gc.collect()
    gc.freeze()
